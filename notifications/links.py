"""Links in messages. Those with a secret are not stored: a mark stands for them until a message is sent."""

import re

from django.conf import settings

from notifications.kinds import topic_of
from notifications.models import Message

OPENS, CLOSES = "\ue000", "\ue001"
"""Around the name of a link, from Unicode's private area, so that nobody types them."""
MARK = re.compile(f"{OPENS}([a-z_]+){CLOSES}")


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
    path_of = topic_of(message.kind).links.get(name)
    if path_of is None or message.about is None:
        return ""
    return f"{settings.SITE_URL}{path_of(message.about)}"
