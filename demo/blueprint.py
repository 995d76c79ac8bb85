"""The shape of the demo's data: what a venue is made of, as frozen values that tables can list.

Things refer to each other by slug or name, so that a table can be read on its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from resources.enums import AnswerKind, ChoiceRule, Kind, PriceBasis, UnitsBy

EVERY_DAY = "0123456"
WORKDAYS = "01234"
WEEKEND = "56"
MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekly hours on the weekdays whose digits are named (0 is Monday)."""

    weekdays: str
    start: time
    end: time
    is_available: bool = True
    max_duration: int | None = None


ALWAYS = (Hours(EVERY_DAY, MIDNIGHT, MIDNIGHT),)


@dataclass(frozen=True, slots=True)
class Exceptional:
    """An override; days are counted from today, so that the demo never goes stale."""

    first_day: int
    last_day: int
    reason: str
    start: time | None = None
    end: time | None = None
    is_available: bool = False
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Tiers are (hours before, percentage returned, fee)."""

    name: str
    description: str
    tiers: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource. ``popularity`` weighs how often the demo's customers ask for it."""

    slug: str
    kind: Kind
    name: str
    description: str
    rules: str
    rate: str
    capacity: int = 1
    units: int = 1
    units_by: UnitsBy = UnitsBy.BOOKING
    overbooking_percent: int = 0
    policy: str = ""
    features: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    parts: tuple[str, ...] = ()
    observes_holidays: bool = True
    popularity: int = 3


@dataclass(frozen=True, slots=True)
class Pool:
    """A group of things that serve alike."""

    slug: str
    name: str
    description: str
    choice_rule: ChoiceRule
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Price:
    name: str
    basis: PriceBasis
    amount: str
    resources: tuple[str, ...]
    weekdays: str = EVERY_DAY
    start: time | None = None
    end: time | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for those who book; none must be answered, because the demo's customers do not."""

    text: str
    kind: AnswerKind
    choices: tuple[str, ...] = ()
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A venue with everything in it. ``rules`` are the fields of its booking rules by name."""

    fields: Mapping[str, Any]
    hours: tuple[Hours, ...]
    rules: Mapping[str, Mapping[str, Any]]
    things: tuple[Thing, ...]
    bookings_per_day: int
    policies: tuple[Policy, ...] = ()
    pools: tuple[Pool, ...] = ()
    prices: tuple[Price, ...] = ()
    exceptions: tuple[Exceptional, ...] = ()
    questions: tuple[Ask, ...] = ()
    features: Mapping[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return str(self.fields["slug"])
