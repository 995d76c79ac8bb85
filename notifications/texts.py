"""The usual words of a kind of message, and what those of several kinds share."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from notifications.enums import Channel
from notifications.kinds import kinds

HELLO = _("Hello {{ name }},")
DETAILS = "{{ details }}"


@dataclass(frozen=True, slots=True)
class Source:
    """A message's texts before their placeholders are filled in."""

    subject: str
    text: str
    html: str = ""


def usual(kind: str, channel: str) -> Source:
    """In the language that is active."""
    words = kinds[kind].words
    if channel == Channel.SMS:
        return Source("", str(words.sms))
    return Source(str(words.subject), "\n\n".join(str(each) for each in words.paragraphs))
