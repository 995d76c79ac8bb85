"""What seats cost, and how many are sold online."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils.translation import gettext as _

from classes.finding import SessionFacts
from classes.models import SeatBooking, Session, Tier
from classes.policies.plans import Term, due_when_booked, make_parts
from classes.policies.windows import Rules
from classes.querysets import SeatBookingQuerySet
from classes.seats import read_terms
from classes.selling import Selling
from common.clock import now as clock_now
from common.money import round_amount
from reservations.domain.pricing import tiers_to_json
from reservations.enums import Source
from reservations.models import Reservation


def find_tier(session_id: int, tier_id: int | None) -> Tier | None:
    return None if tier_id is None else Tier.objects.filter(session=session_id, pk=tier_id).first()


def find_price(session: Session, selling: Mapping[int, Selling]) -> Decimal:
    """Of one person: the lowest that can be had where there are several, or could while there were places."""
    rows = selling.get(session.pk, Selling())
    prices = [tier.price for tier in rows.tiers if rows.takes(1, tier)]
    prices = prices or [tier.price for tier in rows.tiers if tier.is_on_sale]
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


def keep_deposit(fields: dict[str, Any], before: Reservation, share: Fraction) -> dict[str, Any]:
    """What each was to pay when they booked, whatever has become of the price's deposit."""
    agreed = before.deposit_amount * share.numerator / share.denominator
    deposit = round_amount(agreed, fields["currency"])
    return {**fields, "deposit_amount": min(deposit, fields["total_amount"])}


def add_due_parts(
    fields: dict[str, Any],
    session: SessionFacts,
    zone: ZoneInfo,
    booked_on: date,
    agreed: Sequence[Term] = (),
) -> dict[str, Any]:
    """Whoever pays in instalments pays with the deposit what is due of these on the day they book.

    ``agreed``: the plan as it was then.
    """
    if not fields["deposit_amount"]:
        return fields
    starts_on = session.starts_at.astimezone(zone).date()
    terms, currency = agreed or read_terms(session.id, starts_on), fields["currency"]
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
