"""Whether anything leaves this installation."""

from django.conf import settings

from notifications.enums import Channel

MAIL_TO_NOWHERE = {
    "common.kept_mail.EmailBackend",
    "django.core.mail.backends.console.EmailBackend",
    "django.core.mail.backends.dummy.EmailBackend",
}
SMS_TO_NOWHERE = {"notifications.channels.sms.ConsoleSms"}


def can_send(channel: Channel) -> bool:
    if channel == Channel.SMS:
        return settings.SMS_BACKEND not in SMS_TO_NOWHERE
    return settings.EMAIL_BACKEND not in MAIL_TO_NOWHERE
