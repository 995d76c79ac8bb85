from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.exceptions import TooManyAttempts
from common.throttling import client_network, consume_allowance
from reservations.services import send_link
from storefront.forms import LostLinkForm
from storefront.pages import mark_private


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find_my_booking(request: HttpRequest) -> HttpResponse:
    """The answer is the same whether such a booking exists or not."""
    form = LostLinkForm(request.POST or None)
    if request.method == "POST":
        # Counted before the form is checked: guessing codes must not be free.
        _count_attempt(request)
        if form.is_valid():
            send_link(code=form.cleaned_data["code"], email=form.cleaned_data["email"])
            return mark_private(
                render(request, "storefront/my_bookings/lost.html", {"sent_to": form.cleaned_data["email"]})
            )
    status = 400 if request.method == "POST" else 200
    return mark_private(render(request, "storefront/my_bookings/lost.html", {"form": form}, status=status))


def _count_attempt(request: HttpRequest) -> None:
    allowance = consume_allowance("link_guest", client_network(request))
    if allowance.remaining < 0:
        raise TooManyAttempts(max(allowance.reset, 1))
