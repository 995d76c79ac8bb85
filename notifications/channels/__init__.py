"""Each takes a rendered message and returns the provider's number for it."""

from notifications.channels.email import send_email
from notifications.channels.errors import MessageRefused
from notifications.channels.settings import can_send
from notifications.channels.sms import send_sms
from notifications.enums import Channel

SENDERS = {Channel.EMAIL: send_email, Channel.SMS: send_sms}

__all__ = ["SENDERS", "MessageRefused", "can_send"]
