from typing import TYPE_CHECKING
from unicodedata import category

from common.postal import one_line
from notifications.kinds import Values, topic_of
from notifications.links import mark_link
from notifications.models import Message
from notifications.placeholders import known_placeholders
from notifications.wording import Wording

if TYPE_CHECKING:
    from resources.models import Venue


def build_values(message: Message, wording: Wording) -> Values:
    """Placeholder -> text in the active language; links are marks (see ``notifications.links``)."""
    # Control and private characters are removed: they have a meaning in layouts.
    topic = topic_of(message.kind)
    texts = {
        "name": message.name,
        "venue": message.venue.name,
        "address": venue_address(message.venue),
        "time_zone": str(wording.zone),
    }
    if message.about is not None:
        texts |= topic.values(message, message.about, wording)
    links = {name: mark_link(name) for name in topic.links if name in known_placeholders(message.kind)}
    return {name: _remove_special_characters(value) for name, value in texts.items()} | links


def _remove_special_characters(value: str) -> str:
    return "".join(
        character for character in value if character == "\n" or category(character) not in ("Cc", "Co", "Cs")
    )


def venue_address(venue: "Venue") -> str:
    return one_line(venue)
