from typing import TYPE_CHECKING

from notifications.kinds import kinds, topic_of
from notifications.models import Message

if TYPE_CHECKING:
    from resources.models import Venue


def make_sample(kind: str, channel: str, venue: "Venue") -> Message:
    """A made-up message with something for every placeholder; nothing of it is in the database."""
    message = Message(venue=venue, kind=kind, channel=channel, recipient="ada@example.com")
    message.name = "Ada Lovelace"
    message.subject_type = kinds[kind].topic
    message.about, message.payload = topic_of(kind).sample(kind, venue)
    return message
