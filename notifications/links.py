"""Links in messages. Those with a secret are not stored: a mark stands for them until sending."""

import re

from django.conf import settings

from notifications.kinds import topic_of
from notifications.models import Message

# Around the name of a link; from Unicode's private area, so that nobody types them.
OPENS, CLOSES = "\ue000", "\ue001"
MARK = re.compile(f"{OPENS}([a-z_]+){CLOSES}")


def mark_link(name: str) -> str:
    return f"{OPENS}{name}{CLOSES}"


def insert_links(text: str, message: Message) -> str:
    """The text as it is sent."""
    return MARK.sub(lambda match: link_address(match[1], message), text)


def hide_links(text: str) -> str:
    """The text as others than its recipient may see it."""
    return MARK.sub("[…]", text)


def link_address(name: str, message: Message) -> str:
    """Empty for what the message is not about; whole addresses lead elsewhere."""
    path_of = topic_of(message.kind).links.get(name)
    if path_of is None or message.about is None:
        return ""
    path = path_of(message.about)
    return f"{settings.SITE_URL}{path}" if path.startswith("/") else path
