"""What a message remembers of a booking at the moment it tells of."""

from notifications.kinds import Facts
from payments.models import Payment
from reservations.enums import EventKind, Status
from reservations.models import Reservation, ReservationEvent


def of_reservation(reservation: Reservation) -> Facts:
    return {
        "starts_at": reservation.starts_at.isoformat(),
        "ends_at": reservation.ends_at.isoformat(),
        "party_size": reservation.party_size,
        "total": str(reservation.total_amount),
        "deposit": str(reservation.deposit_amount),
        "status": reservation.status,
        "reason": reservation.cancel_reason,
    }


def of_event(event: ReservationEvent) -> Facts:
    """The reservation after the event, with what was different before."""
    found = of_reservation(event.reservation) | {"event": event.kind, "at": event.at.isoformat()}
    if event.kind == EventKind.CANCELLED:
        found |= {name: event.changes.get(name, ["0", "0"])[1] for name in ("fee", "refund")}
    if event.kind == EventKind.EXPIRED:
        found["unpaid"] = True
    if event.kind == EventKind.RESCHEDULED:
        found["old"] = {name: values[0] for name, values in event.changes.items()}
    return found


def of_payment(payment: Payment, reservation: Reservation) -> Facts:
    return of_reservation(reservation) | {"amount": str(payment.amount)}


def is_still_true(facts: Facts, reservation: Reservation) -> bool:
    """Whether the reservation still begins, confirmed, when the facts say."""
    return reservation.status == Status.CONFIRMED and reservation.starts_at.isoformat() == facts.get(
        "starts_at"
    )
