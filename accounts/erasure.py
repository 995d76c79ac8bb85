"""Closing an account and forgetting the person. Apps register what they hold of somebody.

The account's row stays, without anything personal: payments and the history of bookings point to it
(docs/decisions/0012-personal-data.md).
"""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.personal_data import Person


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something that is still to come: what it is, what ending it costs, and how to end it.

    Both texts are for the person. ``end`` may raise a ``DomainError``; nothing is ended twice.
    """

    what: str
    cost: str
    end: Callable[[], object]


class Part:
    """What one app has to say and to do. Everything is asked anew each time."""

    def obstacles(self, person: Person) -> list[str]:
        """Why the account cannot be closed at all now, in sentences."""
        return []

    def open_items(self, person: Person) -> list[OpenItem]:
        """What would have to be ended first."""
        return []

    def end_quietly(self, person: Person) -> None:
        """Ends what needs nobody's consent, before the open items are ended."""

    def losses(self, person: Person) -> list[str]:
        """What else ends with the account, in sentences."""
        return []

    def erase(self, person: Person) -> None:
        """Forgets the person, within one transaction with all the other parts."""


parts: list[Part] = []
"""Filled by the ``ready`` of the apps, lower ones first; erasing goes the other way."""


def obstacles(person: Person) -> list[str]:
    return [sentence for part in parts for sentence in part.obstacles(person)]


def open_items(person: Person) -> list[OpenItem]:
    """Of the upper apps first: an offer of the waitlist is declined, not cancelled."""
    return [item for part in reversed(parts) for item in part.open_items(person)]


def losses(person: Person) -> list[str]:
    return [sentence for part in parts for sentence in part.losses(person)]
