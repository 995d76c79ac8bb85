"""Where providers report what has become of messages."""

from django.conf import settings
from django.urls import include, path

from notifications import views

urlpatterns = [path("sms/", views.sms_report, name="sms-report")]
if settings.ANYMAIL.get("WEBHOOK_SECRET"):
    urlpatterns.append(path("mail/", include("anymail.urls")))  # type: ignore[arg-type]
