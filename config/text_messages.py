"""Which way text messages go: our plain REST, or Twilio by the variables that its own programs read."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

from config.variables import first_of

CONSOLE = "notifications.channels.sms.ConsoleSms"
REST = "notifications.channels.sms.RestSms"
TWILIO = "notifications.channels.twilio.TwilioSms"


def read_sender(environment: Mapping[str, str]) -> str:
    return first_of(environment, "SMS_SENDER", "TWILIO_PHONE_NUMBER", "TWILIO_FROM_NUMBER") or "Holdfast"


def choose_backend(environment: Mapping[str, str]) -> str:
    """Return the dotted path of the class that sends. Raises ``ImproperlyConfigured``."""
    if environment.get("SMS_BACKEND"):
        return environment["SMS_BACKEND"]
    if environment.get("SMS_URL"):
        return REST
    if not environment.get("TWILIO_ACCOUNT_SID"):
        return CONSOLE
    if not environment.get("TWILIO_AUTH_TOKEN"):
        raise ImproperlyConfigured("TWILIO_ACCOUNT_SID needs TWILIO_AUTH_TOKEN.")
    return TWILIO
