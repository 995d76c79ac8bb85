"""Instalments, and what facilitators get."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from classes.enums import ATTENDED, Heads, InstalmentStatus
from classes.exceptions import BookingNotFound, PayoutSettled, SessionNotFound
from classes.lists import unpaid_sessions
from classes.models import Facilitator, Instalment, Payout, PayRate, SeatBooking, Session
from classes.policies.pay import Pay, Rate, calculate_pay
from classes.revenue import sum_by_session
from common.clock import now as clock_now
from common.transactions import retried_atomic
from payments.exceptions import NothingDue
from payments.models import Payment
from payments.services import OpenCheckout
from reservations.domain.history import lock_reservation
from reservations.domain.values import Actor
from reservations.exceptions import StaleVersion
from reservations.selectors import balance
from reservations.services import pay_deposit, record_payment, start_checkout


def pay_instalment(*, instalment_id: int, token: str, actor: Actor, now: datetime | None = None) -> Payment:
    """Take it, and what should have been paid before it, with the provider's ``token``.

    Raises ``BookingNotFound``, ``NothingDue`` and what ``pay_deposit`` raises.
    """
    part, up_to = _find_due(instalment_id)
    return pay_deposit(
        reservation_id=part.booking.reservation_id, token=token, actor=actor, up_to=up_to, now=now
    )


def start_instalment_checkout(
    *,
    instalment_id: int,
    back_url: Callable[[UUID], str],
    actor: Actor,
    now: datetime | None = None,
) -> OpenCheckout:
    """The provider's page on which it is paid. Raises what ``start_checkout`` raises."""
    part, up_to = _find_due(instalment_id)
    reservation_id = part.booking.reservation_id
    return start_checkout(reservation_id=reservation_id, back_url=back_url, actor=actor, up_to=up_to, now=now)


@retried_atomic
def record_instalment(
    *, instalment_id: int, actor: Actor, reference: str = "", note: str = "", now: datetime | None = None
) -> Payment:
    """Staff took it, once. Raises ``BookingNotFound``, ``NothingDue`` and ``InvalidInput``."""
    booked = Instalment.objects.filter(pk=instalment_id).values_list("booking__reservation", flat=True)
    for reservation_id in booked:
        # Before it is read whether it is open: whoever presses twice at once took it once.
        lock_reservation(reservation_id)
    part, up_to = _find_due(instalment_id)
    return record_payment(
        reservation_id=part.booking.reservation_id,
        # A deposit may have paid a part of it.
        amount=min(part.amount, up_to - balance(part.booking.reservation)),
        actor=actor,
        reference=reference,
        note=note,
        now=now,
    )


def _find_due(instalment_id: int) -> tuple[Instalment, Decimal]:
    part = Instalment.objects.select_related("booking__reservation__bill").filter(pk=instalment_id).first()
    if part is None:
        raise BookingNotFound
    if part.status != InstalmentStatus.OPEN:
        raise NothingDue
    until = part.booking.instalments.exclude(status=InstalmentStatus.CANCELLED)
    until = until.filter(position__lte=part.position)
    return part, sum((row.amount for row in until), Decimal(0))


def rate_of(pay_rate: PayRate) -> Rate:
    return Rate(pay_rate.base, pay_rate.per_head, pay_rate.percent, pay_rate.floor, pay_rate.cap)


@retried_atomic
def work_out_payouts(*, session_ids: Sequence[int]) -> list[Payout]:
    """Of who taught, by their rate as it is; the same when asked again, and never of what is settled."""
    rows = Session.objects.filter(pk__in=session_ids).select_related("venue", "facilitator__pay_rate")
    sessions = [session for session in rows.order_by("pk") if session.facilitator.pay_rate]
    # Locked before anything is counted: whoever settles one meanwhile has settled what they saw.
    known = Payout.objects.select_for_update(no_key=True).filter(session__in=sessions).order_by("pk")
    settled = {payout.session_id for payout in known if payout.settled_at}
    working = [session for session in sessions if session.pk not in settled]
    if not working:
        return []
    net = _sum_net(working)
    heads = _count_heads(working)
    return [_write_payout(session, heads, net.get(session.pk, Decimal(0))) for session in working]


def work_out_open(facilitator_ids: Collection[int]) -> int:
    """What they have not been paid yet, once their rate is another; how many."""
    open_ids = Payout.objects.filter(facilitator__in=facilitator_ids, settled_at=None).order_by()
    return len(work_out_payouts(session_ids=list(open_ids.values_list("session", flat=True))))


def work_out_since(facilitator: Facilitator, since: date) -> int:
    """What was over before they had a rate, from that day on: by the one they have; how many."""
    start = datetime.combine(since, time(), facilitator.venue.zone)
    rows = unpaid_sessions().filter(facilitator=facilitator, starts_at__gte=start).order_by()
    return len(work_out_payouts(session_ids=list(rows.values_list("pk", flat=True))))


def _sum_net(sessions: Sequence[Session]) -> dict[int, Decimal]:
    ids = [session.pk for session in sessions]
    return sum_by_session(ids, sessions[0].venue.currency)


def _count_heads(sessions: Sequence[Session]) -> dict[tuple[int, str], int]:
    """People booked, also those who did not come, and people present, by session."""
    counts: dict[tuple[int, str], int] = {}
    rows = SeatBooking.objects.filter(session__in=sessions).exclude(reservation__status="held")
    columns = rows.order_by().values_list("session", "seats", "is_active", "attendance")
    for session_id, seats, is_active, attendance in columns:
        for kind in _list_counted(is_active, attendance):
            counts[session_id, kind] = counts.get((session_id, kind), 0) + seats
    return counts


def _list_counted(is_active: bool, attendance: str) -> Iterable[str]:
    if is_active or attendance == "absent":
        yield Heads.BOOKED
    if attendance in ATTENDED:
        yield Heads.PRESENT


def _write_payout(session: Session, heads: dict[tuple[int, str], int], net: Decimal) -> Payout:
    pay_rate = session.facilitator.pay_rate
    if pay_rate is None:
        raise SessionNotFound
    currency = session.venue.currency
    number = heads.get((session.pk, pay_rate.counts), 0)
    pay = calculate_pay(rate_of(pay_rate), heads=number, net=net, currency=currency)
    # Whoever was to teach and did not gets nothing for it.
    Payout.objects.filter(session=session, settled_at=None).exclude(facilitator=session.facilitator).delete()
    payout, _is_new = Payout.objects.update_or_create(
        session=session,
        facilitator=session.facilitator,
        defaults={
            "venue": session.venue,
            "lines": _tell_lines(pay),
            "amount": pay.amount,
            "currency": currency,
        },
    )
    return payout


def _tell_lines(pay: Pay) -> list[dict[str, str]]:
    return [{"kind": kind, "of": of, "amount": str(amount)} for kind, of, amount in pay.lines]


@retried_atomic
def settle_payouts(
    *,
    payout_ids: Sequence[int],
    actor: Actor,
    seen: Mapping[int, Decimal] | None = None,
    now: datetime | None = None,
) -> list[Payout]:
    """They have been paid out. ``seen``: the amounts by payout, as whoever paid them saw them.

    Raises ``PayoutSettled`` if one of them has been already, ``StaleVersion`` if one is another amount now.
    """
    rows = Payout.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=payout_ids)
    payouts = list(rows.order_by("pk"))
    if any(payout.settled_at for payout in payouts):
        raise PayoutSettled
    if seen and any(seen.get(payout.pk, payout.amount) != payout.amount for payout in payouts):
        raise StaleVersion
    for payout in payouts:
        payout.settled_at, payout.settled_by = now or clock_now(), actor.user
    Payout.objects.bulk_update(payouts, ["settled_at", "settled_by"])
    return payouts
