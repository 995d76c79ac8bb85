from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common.clock import now
from payments.exceptions import PaymentUnavailable
from payments.providers import UnsignedHint, find_checkout_provider
from payments.services import look_up_payment


@csrf_exempt
@require_POST
def payment_report(request: HttpRequest) -> HttpResponse:
    """A hint that something has changed; what it is is asked of the provider, so order does not matter."""
    provider = find_checkout_provider()
    if provider is None or not provider.is_listening:
        raise Http404
    try:
        payment_id = provider.read_hint(request.body, request.headers)
    except UnsignedHint:
        return HttpResponse("Wrong or stale signature.", status=400, content_type="text/plain")
    try:
        if payment_id is not None:
            look_up_payment(payment_id, now=now())
    except PaymentUnavailable:
        # So the provider reports it again; the periodic look-up would ask, too.
        return HttpResponse("Not now.", status=503, content_type="text/plain")
    return HttpResponse(status=200)
