"""What a demo venue is made of, as frozen values that refer to each other by slug or name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from resources.enums import AnswerKind, ChoiceRule, PriceBasis, ResourceKind, UnitsBy

EVERY_DAY = "0123456"
WORKDAYS = "01234"
WEEKEND = "56"
MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class HoursSpec:
    """On the weekdays whose digits are named (0 is Monday)."""

    weekdays: str
    start: time
    end: time
    is_available: bool = True
    max_duration: int | None = None


ALWAYS = (HoursSpec(EVERY_DAY, MIDNIGHT, MIDNIGHT),)


@dataclass(frozen=True, slots=True)
class OverrideSpec:
    """Days are counted from today, so that the demo never goes stale."""

    first_day: int
    last_day: int
    reason: str
    start: time | None = None
    end: time | None = None
    is_available: bool = False
    resource: str = ""


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """Tiers are (hours before, percentage returned, fee)."""

    name: str
    description: str
    tiers: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class ResourceSpec:
    """``popularity`` weighs how often the demo's customers ask for it."""

    slug: str
    kind: ResourceKind
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
    hours: tuple[HoursSpec, ...] = ()
    parts: tuple[str, ...] = ()
    observes_holidays: bool = True
    popularity: int = 3


@dataclass(frozen=True, slots=True)
class GroupSpec:
    slug: str
    name: str
    description: str
    choice_rule: ChoiceRule
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriceSpec:
    name: str
    basis: PriceBasis
    amount: str
    resources: tuple[str, ...]
    weekdays: str = EVERY_DAY
    start: time | None = None
    end: time | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class QuestionSpec:
    """Never required, because the demo's customers do not answer."""

    text: str
    kind: AnswerKind
    choices: tuple[str, ...] = ()
    resource: str = ""


@dataclass(frozen=True, slots=True)
class VenueSpec:
    """``rules`` are the fields of its booking rules by name."""

    fields: Mapping[str, Any]
    hours: tuple[HoursSpec, ...]
    rules: Mapping[str, Mapping[str, Any]]
    resources: tuple[ResourceSpec, ...]
    bookings_per_day: int
    policies: tuple[PolicySpec, ...] = ()
    groups: tuple[GroupSpec, ...] = ()
    prices: tuple[PriceSpec, ...] = ()
    exceptions: tuple[OverrideSpec, ...] = ()
    questions: tuple[QuestionSpec, ...] = ()
    features: Mapping[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return str(self.fields["slug"])
