"""Questions and answers about availability; all times are UTC minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common import clock
from reservations.availability.occupied import BusyRow
from reservations.policies import Booker
from resources.bookables import Bookable
from scheduling.reasons import Reason

BusyByLeaf = Mapping[int, Sequence[BusyRow]]


@dataclass(frozen=True, slots=True)
class Moment:
    """UTC minutes for the rules, UTC seconds for the expiry of holds.

    Imports judge rules by the time a record was made, while holds expire by the real clock.
    """

    minute: int
    seconds: int


def moment_now() -> Moment:
    now = clock.now()
    return Moment(clock.epoch_minute(now), clock.epoch_seconds(now))


@dataclass(frozen=True, slots=True)
class Wish:
    """``duration`` in minutes; ``quantity`` counts where units are asked for directly."""

    duration: int
    party_size: int = 1
    quantity: int = 1
    booker: Booker = Booker()


@dataclass(frozen=True, slots=True)
class Slot:
    """``reason`` is None if it can be booked."""

    start: int
    end: int
    reason: Reason | None
    remaining: int


@dataclass(frozen=True, slots=True)
class Probe:
    bookable: Bookable
    start: int
    end: int
    party_size: int = 1
    quantity: int = 1
