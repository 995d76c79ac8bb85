"""Links in messages. Those with a secret are not stored: a mark stands for them until a message is sent."""

import re

from django.conf import settings
from django.urls import reverse

from notifications.models import Message
from notifications.placeholders import LINKS
from reservations.links import manage_path
from waitlist.links import entry_path

OPENS, CLOSES = "\ue000", "\ue001"
"""Around the name of a link, from Unicode's private area, so that nobody types them."""
MARK = re.compile(f"{OPENS}({'|'.join(LINKS)}){CLOSES}")


def mark(name: str) -> str:
    return f"{OPENS}{name}{CLOSES}"


def with_links(text: str, message: Message) -> str:
    """The text as it is sent."""
    return MARK.sub(lambda found: link(found[1], message), text)


def without_links(text: str) -> str:
    """The text as it may be shown to others than its recipient."""
    return MARK.sub("[…]", text)


def link(name: str, message: Message) -> str:
    """Empty for what the message is not about."""
    path = ""
    if name == "offer_url" and message.entry is not None:
        path = entry_path(message.entry)
    elif name == "manage_url" and message.reservation is not None:
        path = manage_path(message.reservation)
    elif name == "admin_url" and message.reservation is not None:
        path = reverse("admin:reservations_reservation_change", args=[message.reservation.pk])
    return f"{settings.SITE_URL}{path}" if path else ""
