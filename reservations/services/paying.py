"""What customers owe for reservations and get back; ``payments`` keeps the ledger."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from common.subjects import Subject
from payments.models import Bill, Payment
from payments.services import open_bill, refund_charges
from reservations.domain.values import Actor
from reservations.enums import SUBJECT
from reservations.models import Reservation


def bill_of(reservation: Reservation, *, now: datetime) -> Bill:
    """Opened with the first payment, under the reservation's lock: few bookings ever need one."""
    bill = reservation.bill
    if bill is None:
        bill = reservation.bill = open_bill(
            venue_id=reservation.venue_id,
            subject=Subject(SUBJECT, str(reservation.pk)),
            currency=reservation.currency,
            now=now,
        )
        reservation.save(update_fields=["bill"])
    elif bill.currency != reservation.currency:  # moved after the venue's currency was changed
        bill.currency = reservation.currency
        bill.save(update_fields=["currency"])
    return bill


def refund_paid(
    reservation: Reservation, *, actor: Actor, now: datetime, keep: Decimal = Decimal(0)
) -> list[Payment]:
    return refund_all_paid([(reservation, keep)], actor=actor, now=now)


def refund_all_paid(
    rows: Sequence[tuple[Reservation, Decimal]], *, actor: Actor, now: datetime
) -> list[Payment]:
    """For several at once, each with what the venue keeps."""
    keep_by_bill = {reservation.bill: keep for reservation, keep in rows if reservation.bill}
    return refund_charges(keep_by_bill, actor=actor.user, now=now) if keep_by_bill else []
