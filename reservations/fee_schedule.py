from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from common.templatetags.holdfast import moment, money
from reservations.enums import Status
from reservations.models import Reservation
from reservations.services import cancellation_preview
from scheduling.zones import from_minute

A_MINUTE = timedelta(minutes=1)
"""Deadlines include their whole minute."""


@dataclass(frozen=True, slots=True)
class FeeStep:
    """The fee until ``until``, on the venue's clock; ``percent`` is its share of the price."""

    until: datetime
    fee: Decimal
    percent: int
    is_last: bool
    is_everything: bool


def list_fee_steps(reservation: Reservation, *, now: datetime) -> list[FeeStep]:
    """From now to the start, as ``cancel_reservation`` would charge; equal neighbours are one step."""
    edges = sorted(
        {edge for edge in _list_edges(reservation) if now - A_MINUTE < edge < reservation.starts_at}
    )
    untils = [*edges, reservation.starts_at]
    begins = [now, *(edge + A_MINUTE for edge in edges)]
    steps: list[FeeStep] = []
    for begin, until in zip(begins, untils, strict=True):
        step = _make_step(reservation, begin, until)
        if steps and steps[-1].fee == step.fee:
            steps.pop()
        steps.append(step)
    return steps


def list_fees_once_booked(reservation: Reservation, *, now: datetime) -> list[FeeStep]:
    """Of a hold or a request, which cost nothing yet."""
    booked = copy(reservation)
    booked.status = Status.CONFIRMED
    return list_fee_steps(booked, now=now)


def describe_cancelling(reservation: Reservation, *, now: datetime) -> str:
    """What cancelling costs once it is booked, and until when; empty for what costs nothing anyway."""
    if not reservation.total_amount or reservation.starts_at <= now:
        return ""
    return describe_fees(list_fees_once_booked(reservation, now=now), reservation.currency)


def describe_fees(steps: Sequence[FeeStep], currency: str) -> str:
    """What cancelling this booking costs and until when, like "Free cancellation until …"."""
    return " ".join(_describe_step(step, currency, is_first=step is steps[0]) for step in steps)


def _describe_step(step: FeeStep, currency: str, *, is_first: bool) -> str:
    values = {"when": moment(step.until), "fee": money(step.fee, currency), "percent": step.percent}
    return _step_text(step, is_first=is_first) % values


def _step_text(step: FeeStep, *, is_first: bool) -> str:
    if not step.fee:
        return (
            _("Free cancellation until the start.")
            if step.is_last
            else _("Free cancellation until %(when)s.")
        )
    if step.is_last:
        return (
            _("Cancellation fee: %(percent)d%% (%(fee)s).")
            if is_first
            else _("After that %(percent)d%% (%(fee)s).")
        )
    if is_first:
        return _("Cancellation fee: %(percent)d%% (%(fee)s) until %(when)s.")
    return _("Then %(percent)d%% (%(fee)s) until %(when)s.")


def free_until(reservation: Reservation, *, now: datetime) -> datetime | None:
    """Until when cancelling costs nothing; None if that is over."""
    first = list_fee_steps(reservation, now=now)[0]
    return None if first.fee or first.until <= now else first.until


def _list_edges(reservation: Reservation) -> list[datetime]:
    terms = reservation.cancellation_terms
    free = [from_minute(share["free_until"]) - A_MINUTE for share in terms if "free_until" in share]
    return free + [
        reservation.starts_at - timedelta(hours=int(hours))
        for share in terms
        for hours, _percent, _fee in share["tiers"]
    ]


def _make_step(reservation: Reservation, begin: datetime, until: datetime) -> FeeStep:
    fee = cancellation_preview(reservation, now=begin).fee
    total = reservation.total_amount
    percent = int(100 * fee / total) if total else 0
    is_last = until == reservation.starts_at
    return FeeStep(
        until.astimezone(reservation.venue.zone), fee, percent, is_last, bool(fee) and fee >= total
    )
