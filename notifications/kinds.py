"""What messages can be about and say; each app registers its kinds and topics."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.mail import EmailMultiAlternatives
from django.utils.functional import Promise

from common.registry import Registry

if TYPE_CHECKING:
    from notifications.models import Message
    from notifications.wording import Wording
    from resources.models import Venue

Values = dict[str, str]
MessagePayload = dict[str, Any]
"""What a message remembers of the moment it is about: plain JSON, times in UTC, amounts as texts. Names of
things and people are read when it is rendered.
"""
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Words:
    """The usual texts, with placeholders. A paragraph that is ``{{ details }}`` becomes a list, one that ends
    with a link a button. ``sms`` is empty for what is never sent as a text message.
    """

    subject: Text
    paragraphs: tuple[Text, ...]
    sms: Text = ""


class Topic:
    """One type of subjects, and what messages read of them when rendered.

    ``labels`` name the placeholders that ``{{ details }}`` lists; ``links`` lead to the subject, by
    placeholder; ``long`` are placeholders of several lines, which no subject line may hold.
    """

    labels: ClassVar[tuple[tuple[str, Text], ...]] = ()
    links: ClassVar[Mapping[str, Callable[[Any], str]]] = {}
    long: ClassVar[frozenset[str]] = frozenset()

    def load(self, subject_id: str) -> Any:
        """The subject with all that a message shows of it; None when it is gone."""
        raise NotImplementedError

    def values(self, message: "Message", subject: Any, wording: "Wording") -> Values:
        raise NotImplementedError

    def told_before(self, subject: Any) -> tuple[str, str] | None:
        """Type and id of what a guest was told of first, in their language; None where it is the subject."""
        return None

    def sample(self, kind: str, venue: "Venue") -> tuple[Any, MessagePayload]:
        """A made-up subject with its payload, not in the database."""
        raise NotImplementedError

    def found_by(self, text: str) -> Iterable[str]:
        """Ids of subjects that match a search in the log."""
        return ()

    def admin_path(self, subject_id: str) -> str:
        return ""


def always_needed(message: "Message") -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKind:
    """Urgent ones are also texted to whoever wants that. ``still_needed`` is asked before each try: why
    nobody needs it any more, or nothing. ``waits`` leaves time to take back what it tells of.
    """

    label: Text
    topic: str
    words: Words
    placeholders: frozenset[str]
    is_for_staff: bool = False
    is_urgent: bool = False
    waits: timedelta = timedelta(0)
    still_needed: Callable[["Message"], str] = always_needed


kinds: Registry[MessageKind] = Registry("kinds of messages")
topics: Registry[Topic] = Registry("topics of messages")
Attachment = Callable[[EmailMultiAlternatives, "Message"], None]
attachments: Registry[Attachment] = Registry("attachments of mails")
"""Each adds to a mail before it is sent, if it has something for its message."""


def kind_choices() -> list[tuple[str, Text]]:
    return [(name, kind.label) for name, kind in kinds.items()]


def topic_of(kind: str) -> Topic:
    return topics[kinds[kind].topic]
