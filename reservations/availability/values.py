"""What is asked and answered; all times are UTC minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common import clock
from reservations.availability.occupied import BusyRow
from reservations.policies import Booker
from resources.facts import Bookable
from scheduling.reasons import Reason

BusyByLeaf = Mapping[int, Sequence[BusyRow]]


@dataclass(frozen=True, slots=True)
class Moment:
    """The present: UTC minutes for the rules, UTC seconds for the expiry of holds.

    They differ on purpose: an import judges the rules by the time a record was made, while holds
    always expire by the real clock.
    """

    minute: int
    seconds: int


def moment_now() -> Moment:
    """The present for rules and holds alike."""
    now = clock.now()
    return Moment(clock.epoch_minute(now), clock.epoch_seconds(now))


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for: minutes, people, and the quantity where units are asked for directly."""

    duration: int
    party_size: int = 1
    quantity: int = 1
    booker: Booker = Booker()


@dataclass(frozen=True, slots=True)
class Slot:
    """One possible start. ``reason`` is None when it can be booked; ``remaining`` counts units."""

    start: int
    end: int
    reason: Reason | None
    remaining: int


@dataclass(frozen=True, slots=True)
class Probe:
    """One question: can this be booked from ``start`` to ``end`` (UTC minutes) for the party?"""

    bookable: Bookable
    start: int
    end: int
    party_size: int = 1
    quantity: int = 1
