"""What a session is to be, checked before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from classes.enums import PlaceKind, SessionType, TierPays
from classes.exceptions import LeftTheTeam, NotApproved
from classes.models import MOST_PRICE, MOST_SEATS, ClassType, Course, Facilitator, Session, Studio
from classes.policies.plans import MOST_TERMS, Term, is_whole
from classes.policies.windows import fits_type
from common.errors import NotFound
from common.money import round_amount
from common.names import check_name
from common.parsing import refuse
from resources.models import CancellationPolicy, Venue
from scheduling.reasons import Reason
from scheduling.zones import to_minute

MOST_TIERS = 20
LONGEST_TEXT = 5000


@dataclass(frozen=True, slots=True)
class TierDraft:
    name: str
    price: Decimal
    quota: int | None
    """None: no limit but the seats."""
    deposit: Decimal = Decimal(0)
    pays: TierPays = TierPays.FULL
    is_on_sale: bool = True


@dataclass(frozen=True, slots=True)
class SessionDraft:
    """``place`` or, for what needs no certain one, its ``place_kind``."""

    facilitator: Facilitator
    starts_at: datetime
    ends_at: datetime
    title: str
    place: Studio | None = None
    place_kind: PlaceKind | None = None
    description: str = ""
    session_type: SessionType = SessionType.SESSION
    capacity: int = 1
    online_capacity: int | None = None
    price: Decimal = Decimal(0)
    class_type: ClassType | None = None
    course: Course | None = None
    is_published: bool = True
    tiers: Sequence[TierDraft] = ()
    plan: Sequence[Term] = ()
    policy: CancellationPolicy | None = None
    """What cancelling costs; else that of the class type."""


def draft_of_type(
    class_type: ClassType, facilitator: Facilitator, start: datetime, end: datetime, **more: Any
) -> SessionDraft:
    """With what the type says, unless ``more`` says something else."""
    values: dict[str, Any] = {
        "title": class_type.title,
        "description": class_type.description,
        "capacity": class_type.capacity,
        "price": class_type.price,
        "class_type": class_type,
    }
    return SessionDraft(facilitator, start, end, **(values | more))


def check_draft(draft: SessionDraft, venue: Venue, now: datetime) -> None:
    """Raises ``InvalidInput`` about one field, ``NotApproved`` and ``NotFound``."""
    _check_belonging(draft, venue)
    require_teacher(draft.facilitator)
    check_title(draft.title)
    check_span(draft.starts_at, draft.ends_at, draft.session_type)
    check_ahead(draft.starts_at, now)
    check_capacity(draft.capacity, draft.online_capacity, draft.place)
    check_price(draft.price, venue.currency, "price")
    check_tiers(draft.tiers, draft.plan, venue.currency)
    check_quotas(draft.tiers, draft.capacity)
    check_plan(draft.plan, draft.starts_at.astimezone(venue.zone).date())


def require_teacher(facilitator: Facilitator) -> None:
    """Raises ``NotApproved``."""
    if not facilitator.is_approved:
        raise NotApproved
    if not Facilitator.objects.at_work().filter(pk=facilitator.pk).exists():
        raise LeftTheTeam


def _check_belonging(draft: SessionDraft, venue: Venue) -> None:
    owned: list[Facilitator | Studio | ClassType | Course | CancellationPolicy | None] = [
        *(draft.facilitator, draft.place, draft.class_type, draft.course, draft.policy)
    ]
    if any(row is not None and row.venue_id != venue.pk for row in owned):
        raise NotFound


def check_title(title: str) -> None:
    if not title.strip():
        refuse("title", _("Enter a title."))
    check_length(title, 200, "title")
    try:
        check_name(title)
    except ValidationError as error:
        refuse("title", error.messages[0])


def check_span(start: datetime, end: datetime, session_type: str) -> None:
    for field, at in (("start_time", start), ("end_time", end)):
        if at.second or at.microsecond:
            refuse(field, _("Enter whole minutes."))
    if end <= start:
        refuse("end_time", _("Enter an end after the start."))
    is_retreat = session_type == SessionType.RETREAT
    if not fits_type(to_minute(start), to_minute(end), is_retreat=is_retreat):
        longest = _("Choose 14 days or less.") if is_retreat else _("Choose a day or less, or a retreat.")
        refuse("end_time", longest)


def check_ahead(start: datetime, now: datetime) -> None:
    if start <= now:
        refuse("start_time", _("Enter a time in the future."), Reason.PAST)


def check_length(text: str, most: int, field: str) -> None:
    if len(text) > most:
        refuse(field, _("Enter %(most)d characters or fewer.") % {"most": most})


def check_seats(seats: int) -> None:
    if not 1 <= seats <= MOST_SEATS:
        refuse("seats", _("Enter a number from 1 to %(most)d.") % {"most": MOST_SEATS})


def check_capacity(capacity: int, online: int | None, place: Studio | None) -> None:
    most = place.seats.limit if place else MOST_SEATS
    if not 1 <= capacity <= most:
        refuse("capacity", _("Enter a number from 1 to %(most)d.") % {"most": most})
    if online is not None and not 0 <= online <= capacity:
        refuse("online_capacity", _("Enter no more than the capacity."))


def check_price(price: Decimal, currency: str, field: str) -> None:
    is_amount = price.is_finite() and 0 <= price < MOST_PRICE and price == round_amount(price, currency)
    if not is_amount:
        refuse(field, _("Enter an amount of zero or more that can be paid in this currency."))


def check_tiers(tiers: Sequence[TierDraft], plan: Sequence[Term], currency: str) -> None:
    if len(tiers) > MOST_TIERS:
        refuse("tiers", _("Enter %(most)d prices or fewer.") % {"most": MOST_TIERS})
    if len({tier.name for tier in tiers}) < len(tiers):
        refuse("tiers", _("Use each name once."))
    for tier in tiers:
        _check_tier(tier, plan, currency)


def check_quotas(tiers: Sequence[TierDraft], capacity: int, *, others: int = 0, field: str = "tiers") -> None:
    """Every seat can be sold; ``others``: those sold already beside what these sell."""
    selling = [tier.quota for tier in tiers if tier.is_on_sale]
    sold = sum(quota for quota in selling if quota is not None) + others
    if tiers and None not in selling and sold < capacity:
        values = {"sold": sold, "capacity": capacity}
        refuse(field, _("The prices sell %(sold)d of %(capacity)d seats: they need places for all.") % values)


def _check_tier(tier: TierDraft, plan: Sequence[Term], currency: str) -> None:
    if not tier.name.strip():
        refuse("tiers", _("Use each name once."))
    check_length(tier.name, 100, "tiers")
    check_price(tier.price, currency, "tiers")
    check_price(tier.deposit, currency, "tiers")
    if tier.quota is not None and tier.quota < 1:
        refuse("tiers", _("Enter 1 place or more."))
    if tier.deposit > tier.price:
        refuse("tiers", _("Enter a deposit no larger than the price."))
    if tier.pays != TierPays.FULL and not plan:
        refuse("plan", _("Enter the instalments."))


def check_plan(plan: Sequence[Term], starts_on: date) -> None:
    if not plan:
        return
    if len(plan) > MOST_TERMS:
        refuse("plan", _("Enter %(most)d instalments or fewer.") % {"most": MOST_TERMS})
    if not is_whole(plan) or any(term.percent <= 0 for term in plan):
        refuse("plan", _("Enter percentages above zero that add up to 100."))
    if any((term.due_on is None) == (term.days_before is None) for term in plan):
        refuse("plan", _("Enter a date, or days before the start, for each instalment."))
    for term in plan:
        check_due(term, starts_on, "plan")


def check_due(term: Term, starts_on: date, field: str) -> None:
    if term.due_on is not None and term.due_on > starts_on:
        refuse(field, _("Choose the day of the start, or one before it."))


class Span(NamedTuple):
    starts_at: datetime
    ends_at: datetime


def make_session(venue: Venue, draft: SessionDraft, place: Studio, span: Span, now: datetime) -> Session:
    """Not stored yet."""
    return Session(
        venue=venue,
        facilitator=draft.facilitator,
        place=place,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        title=draft.title.strip(),
        description=draft.description,
        session_type=draft.session_type,
        capacity=draft.capacity,
        online_capacity=draft.online_capacity,
        price=draft.price,
        has_tiers=bool(draft.tiers),
        class_type=draft.class_type,
        course=draft.course,
        policy=draft.policy,
        published_at=now if draft.is_published else None,
        created_at=now,
    )
