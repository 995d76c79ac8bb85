"""What a booking's page in the admin says in words: its history, prices and terms."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from common.templatetags.holdfast import minutes, moment, money
from reservations.domain.lengths import describe_line
from reservations.enums import MOVE_DECLINED, Status
from reservations.models import Reservation, ReservationEvent

MONEY = frozenset({"total_amount", "fee", "minimum_fee", "refund", "deposit_amount"})
HOUR = 60


def status_name(status: str) -> str:
    return str(Status(status).label) if status else ""


def describe_changes(event: ReservationEvent) -> list[str]:
    """A line for each field: what it was and what it is now."""
    return [
        f"{_label_of(name)}: {_show(name, old, event)} → {_show(name, new, event)}"
        for name, (old, new) in event.changes.items()
    ]


def _label_of(name: str) -> str:
    own = {"resources": _("Places"), "fee": _("Fee"), "refund": _("Refund"), "reason": _("Reason")} | {
        MOVE_DECLINED: _("New time declined")
    }
    try:
        return own.get(name) or capfirst(str(Reservation._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return capfirst(name.replace("_", " "))


def _show(name: str, value: Any, event: ReservationEvent) -> str:
    text = "" if value is None else str(value)
    reservation = event.reservation
    try:
        if name in MONEY:
            return money(Decimal(text), reservation.currency)
        if name.endswith("_at") and text:
            return moment(datetime.fromisoformat(text).astimezone(reservation.venue.zone))
    except (ValueError, InvalidOperation):  # as it was written by another release
        return text
    return text or "–"


def describe_price_line(line: Mapping[str, Any], currency: str) -> str:
    return f"{describe_line(line, currency)}: {money(Decimal(line['amount']), currency)}"


def describe_share(share: Mapping[str, Any], currency: str) -> str:
    """The tiers by which one resource's part of the price is returned."""
    amount = money(Decimal(share["amount"]), currency)
    tiers = "; ".join(_describe_tier(tier, currency) for tier in share["tiers"])
    return f"{amount}: {tiers or _('Free cancellation until the start.')}"


def _describe_tier(tier: Any, currency: str) -> str:
    hours, percent, fee = tier
    values = {
        "time": minutes(int(hours) * HOUR),
        "percent": f"{Decimal(percent).normalize():f}",
        "fee": money(Decimal(fee), currency),
    }
    return _tier_text(at_the_start=not int(hours), has_fee=bool(Decimal(fee))) % values


def _tier_text(*, at_the_start: bool, has_fee: bool) -> str:
    if at_the_start and has_fee:
        return _("%(percent)s%% refund minus a %(fee)s fee until the start")
    if at_the_start:
        return _("%(percent)s%% refund until the start")
    if has_fee:
        return _("%(percent)s%% refund minus a %(fee)s fee up to %(time)s before")
    return _("%(percent)s%% refund up to %(time)s before")
