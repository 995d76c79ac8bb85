import hashlib
import hmac
import json
import time

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications.services.tracking import record_report

FRESH = 300  # seconds for which a signature counts
LARGEST = 10_000


@csrf_exempt
@require_POST
def sms_report(request: HttpRequest) -> HttpResponse:
    """``{"reference": our id, "id": the provider's, "status": "delivered" | "bounced" | "failed"}``.

    ``X-Signature`` is the hexadecimal HMAC-SHA-256 of ``X-Timestamp``, a full stop and the body.
    """
    if not settings.SMS_WEBHOOK_SECRET:
        raise Http404
    body = request.read(LARGEST)
    if not is_signed(body, request.headers.get("X-Timestamp", ""), request.headers.get("X-Signature", "")):
        return HttpResponse("Wrong or stale signature.", status=403, content_type="text/plain")
    try:
        report = {name: str(value) for name, value in json.loads(body).items()}
    except (ValueError, AttributeError, RecursionError):
        return HttpResponse("A JSON object is expected.", status=400, content_type="text/plain")
    record_report(
        report=report.get("status", ""),
        number=report.get("id", ""),
        reference=report.get("reference", ""),
        reason=report.get("reason", ""),
    )
    return HttpResponse(status=204)


def is_signed(body: bytes, timestamp: str, signature: str) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and signature.isascii()):
        return False
    if len(timestamp) > 12 or abs(time.time() - int(timestamp)) > FRESH:
        return False
    expected = hmac.new(
        settings.SMS_WEBHOOK_SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256
    )
    return hmac.compare_digest(expected.hexdigest(), signature)
