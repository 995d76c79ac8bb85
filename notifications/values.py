"""What the placeholders of one message stand for: name -> text, in the language that is active.

A secret link is a mark here; ``notifications.links`` puts the link in its place when it is sent.
"""

from typing import TYPE_CHECKING
from unicodedata import category

from notifications.kinds import Values, topic_of
from notifications.links import mark
from notifications.models import Message
from notifications.placeholders import known
from notifications.wording import Wording

if TYPE_CHECKING:
    from resources.models import Venue


def values_of(message: Message, wording: Wording) -> Values:
    """Texts without control and private characters: those have a meaning in layouts."""
    topic = topic_of(message.kind)
    found = {
        "name": message.name,
        "venue": message.venue.name,
        "address": place(message.venue),
        "time_zone": str(wording.zone),
    }
    if message.about is not None:
        found |= topic.values(message, message.about, wording)
    links = {name: mark(name) for name in topic.links if name in known(message.kind)}
    return {name: _clean(value) for name, value in found.items()} | links


def _clean(value: str) -> str:
    return "".join(each for each in value if each == "\n" or category(each) not in ("Cc", "Co", "Cs"))


def place(venue: "Venue") -> str:
    town = f"{venue.postal_code} {venue.city}".strip()
    return ", ".join(part for part in (venue.name, venue.street, town) if part)
