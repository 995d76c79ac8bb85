from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from notifications.enums import Channel
from notifications.kinds import kinds

HELLO = _("Hello {{ name }},")
DETAILS = "{{ details }}"


@dataclass(frozen=True, slots=True)
class MessageTexts:
    """Before their placeholders are filled in."""

    subject: str
    text: str
    html: str = ""


def usual_texts(kind: str, channel: str) -> MessageTexts:
    """In the active language."""
    words = kinds[kind].words
    if channel == Channel.SMS:
        return MessageTexts("", str(words.sms))
    return MessageTexts(str(words.subject), "\n\n".join(str(paragraph) for paragraph in words.paragraphs))
