"""What seats cost, and how many of a tier, or online, are sold."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils.translation import gettext as _

from classes.finding import SessionFacts
from classes.models import SeatBooking, Session, Tier
from classes.policies.plans import due_when_booked, make_parts
from classes.policies.windows import Rules
from classes.querysets import SeatBookingQuerySet
from classes.seats import read_terms
from common.clock import now as clock_now
from common.money import round_amount
from reservations.domain.pricing import tiers_to_json
from reservations.enums import Source
from reservations.models import Reservation


def find_tier(session_id: int, tier_id: int | None) -> Tier | None:
    return None if tier_id is None else Tier.objects.filter(session=session_id, pk=tier_id).first()


def count_sold(tier: Tier, *, but: UUID | None) -> int:
    return _sum_seats(SeatBooking.objects.filter(tier=tier), but)


def count_sold_of(tiers: Iterable[Tier]) -> dict[int, int]:
    """By tier; one query."""
    rows = SeatBooking.objects.filter(tier__in=[tier.pk for tier in tiers]).taking_seats(clock_now())
    return dict(rows.order_by().values_list("tier").annotate(Sum("seats")))


class TierLeft(NamedTuple):
    """``left``: of its quota; the seats of the session are the limit of all of them."""

    tier: Tier
    left: int


def read_tiers(sessions: Iterable[Session]) -> dict[int, list[TierLeft]]:
    """By session, of those with several prices; two queries, or none."""
    ids = [session.pk for session in sessions if session.has_tiers]
    if not ids:
        return {}
    tiers = list(Tier.objects.filter(session__in=ids).order_by("position", "pk"))
    sold = count_sold_of(tiers)
    found: dict[int, list[TierLeft]] = {id: [] for id in ids}
    for tier in tiers:
        found[tier.session_id].append(TierLeft(tier, max(tier.quota - sold.get(tier.pk, 0), 0)))
    return found


def find_price(session: Session, tiers: Mapping[int, Sequence[TierLeft]]) -> Decimal:
    """Of one person: the lowest that is on sale where there are several, or was while there were places."""
    rows = tiers.get(session.pk, ())
    prices = [row.tier.price for row in rows if row.left] or [row.tier.price for row in rows]
    return min(prices, default=session.price)


def count_sold_online(session_id: int, *, but: UUID | None) -> int:
    rows = SeatBooking.objects.filter(session=session_id).exclude(reservation__source=Source.STAFF)
    return _sum_seats(rows, but)


def _sum_seats(rows: SeatBookingQuerySet, but: UUID | None) -> int:
    taking = rows.taking_seats(clock_now())
    others = taking.exclude(reservation=but) if but else taking
    total: int | None = others.aggregate(total=Sum("seats"))["total"]
    return total or 0


def price_fields(
    price: Mapping[str, Any],
    session: SessionFacts,
    tier: Tier | None,
    seats: int,
    rules: Rules,
    amount: Decimal | None,
) -> dict[str, Any]:
    """As ``calculate_price`` gives them; ``amount`` for all seats, if they are part of something larger."""
    each = tier.price if tier else session.price
    currency = price["currency"]
    total = round_amount(each * seats if amount is None else amount, currency)
    deposit = round_amount(tier.deposit * seats, currency) if tier else Decimal(0)
    label = " · ".join(filter(None, (session.title, tier.name if tier else "")))
    return {
        **price,
        "total_amount": total,
        "deposit_amount": min(deposit, total),
        "price_lines": [{"label": _name_seats(label, seats), "amount": str(total)}],
        "cancellation_terms": [{"amount": str(total), "tiers": tiers_to_json(rules.tiers)}],
    }


def add_due_parts(
    fields: dict[str, Any], session: SessionFacts, zone: ZoneInfo, booked_on: date
) -> dict[str, Any]:
    """Whoever pays in instalments pays with the deposit what is due of these on the day they book."""
    if not fields["deposit_amount"]:
        return fields
    starts_on = session.starts_at.astimezone(zone).date()
    terms, currency = read_terms(session.id, starts_on), fields["currency"]
    parts = make_parts(fields["total_amount"], terms, currency, starts_on=starts_on, today=booked_on)
    return {**fields, "deposit_amount": due_when_booked(fields["deposit_amount"], parts, booked_on)}


def pass_fields(price: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """Its terms cost nothing, and tell until when cancelling returns credits after a move."""
    nothing = round_amount(Decimal(0), price["currency"])
    return {
        **price,
        "total_amount": nothing,
        "deposit_amount": nothing,
        "price_lines": [{"label": _("Pass"), "amount": str(nothing)}],
        "cancellation_terms": [{"amount": str(nothing), "tiers": tiers_to_json(rules.credit_tiers)}],
    }


def keep_free_end(fields: dict[str, Any], before: Reservation | None) -> dict[str, Any]:
    """Who was moved may leave for nothing as long as they were told, also as more or fewer people."""
    old = before.cancellation_terms if before else ()
    ends = [share["free_until"] for share in old if "free_until" in share]
    if not ends:
        return fields
    return {
        **fields,
        "cancellation_terms": [{**share, "free_until": max(ends)} for share in fields["cancellation_terms"]],
    }


def _name_seats(label: str, seats: int) -> str:
    return label if seats == 1 else f"{seats} × {label}"
