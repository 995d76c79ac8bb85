"""What the rules need to know of a resource, as frozen values without the ORM."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from common.venues import VenuePart
from resources.enums import AnswerKind, Approval, Audience, ChoiceRule, Period, PriceBasis, UnitsBy
from scheduling.hours import OpeningPlan
from scheduling.slots import SlotRules

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PriceRuleValues:
    """``start`` and ``end`` are minutes of the local day; ``end`` may pass midnight."""

    name: str
    basis: PriceBasis
    amount: Decimal
    weekdays: frozenset[int]
    start: int
    end: int
    valid_from: date | None = None
    valid_until: date | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Tier:
    """Cancelling at least ``hours_before`` the start returns ``percentage`` of the price less ``fee``."""

    hours_before: int
    percentage: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class CustomerRules:
    """The part of the booking rules that concerns people; durations in minutes."""

    rules_id: int
    audience: Audience
    approval: Approval
    approval_party_size: int | None
    approval_duration: int | None
    min_party_size: int
    max_party_size: int
    max_active_per_customer: int | None
    max_per_period: int | None
    limit_period: Period
    hold_minutes: int
    default_duration: int
    check_in_opens: int
    staff_check_in_opens: int | None = None
    deposit_percent: int = 0
    offer_minutes: int = 120
    one_at_a_time: bool = False


@dataclass(frozen=True, slots=True)
class QuestionValues:
    id: int
    text: str
    kind: AnswerKind
    choices: tuple[str, ...]
    is_required: bool
    position: tuple[int, int, int]
    """Venue-wide ones first, then by their order, then by age."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A resource without parts: what is really occupied, at most ``limit`` units at a time."""

    id: int
    limit: int


@dataclass(frozen=True, slots=True, eq=False)
class Bookable:
    """One resource with everything the engine, the prices and the policies ask of it."""

    id: int
    uuid: str
    slug: str
    name: str
    kind: str
    venue_id: int
    zone: ZoneInfo
    currency: str
    capacity: int
    units_by: UnitsBy
    is_active: bool
    hourly_rate: Decimal
    slot_rules: SlotRules
    customer_rules: CustomerRules
    plan: OpeningPlan
    leaves: tuple[Leaf, ...]
    is_whole: bool
    prices: tuple[PriceRuleValues, ...] = ()
    tiers: tuple[Tier, ...] = ()
    feature_slugs: frozenset[str] = frozenset()
    questions: tuple[QuestionValues, ...] = ()
    terms: str = ""
    is_listed: bool = True
    serves_party: bool = True
    """Whether it has to be big enough for everybody who comes."""
    extension: str = ""

    @property
    def limit(self) -> int:
        """Units the scarcest leaf may sell at the same time."""
        return min(leaf.limit for leaf in self.leaves)

    def units_for(self, party_size: int, quantity: int = 1) -> int:
        return party_size if self.units_by == UnitsBy.PERSON else quantity


@dataclass(frozen=True, slots=True)
class Group:
    """Interchangeable resources in the group's own order."""

    id: int
    uuid: str
    slug: str
    name: str
    choice_rule: ChoiceRule
    member_ids: tuple[int, ...]
    is_active: bool
    is_listed: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """All bookable things of one venue as of one configuration stamp."""

    venue_id: int
    stamp: int
    zone: ZoneInfo
    currency: str
    bookables: dict[int, Bookable]
    groups: dict[int, Group] = field(default_factory=dict)
    parts: Mapping[str, Any] = field(default_factory=dict)
    policies: Mapping[int, tuple[Tier, ...]] = field(default_factory=dict)

    def part(self, part: VenuePart[T]) -> T:
        """What a registered part has loaded. Raises ``KeyError``."""
        return cast(T, self.parts[part.name])
