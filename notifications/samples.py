"""A made-up message of each kind, for previews: every placeholder has something to show."""

from typing import TYPE_CHECKING

from notifications.kinds import kinds, topic_of
from notifications.models import Message

if TYPE_CHECKING:
    from resources.models import Venue


def sample(kind: str, channel: str, venue: "Venue") -> Message:
    """Not in the database, and nothing of it is."""
    message = Message(venue=venue, kind=kind, channel=channel, recipient="ada@example.com")
    message.name = "Ada Lovelace"
    message.subject_type = kinds[kind].topic
    message.about, message.facts = topic_of(kind).sample(kind, venue)
    return message
