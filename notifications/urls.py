"""Where providers report what has become of messages: below ``/hooks/``."""

from anymail.urls import urlpatterns as of_anymail
from django.conf import settings
from django.urls import include, path

from notifications import views

_name = settings.EMAIL_PROVIDER
_provider_patterns = [
    pattern for pattern in of_anymail if str(pattern.pattern) in (f"{_name}/tracking/", f"{_name}/")
]
_is_listening = bool(_name and settings.ANYMAIL.get("WEBHOOK_SECRET"))

urlpatterns = [
    path("sms/", views.sms_report, name="sms-report"),
    *([path("mail/", include(_provider_patterns))] if _is_listening else []),
]
