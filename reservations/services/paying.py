"""What customers owe for reservations and get back; ``payments`` keeps the ledger."""

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
    if reservation.bill is None:
        return []
    return refund_charges(reservation.bill, actor=actor.user, now=now, keep=keep)
