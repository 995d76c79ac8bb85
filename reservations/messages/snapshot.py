from notifications.kinds import MessagePayload
from payments.models import Payment
from reservations.enums import MOVE_DECLINED, EventKind, Status
from reservations.models import Reservation, ReservationEvent
from reservations.services import payment_deadline


def reservation_payload(reservation: Reservation) -> MessagePayload:
    return {
        "starts_at": reservation.starts_at.isoformat(),
        "ends_at": reservation.ends_at.isoformat(),
        "party_size": reservation.party_size,
        "total": str(reservation.total_amount),
        "deposit": str(reservation.deposit_amount),
        "minimum_fee": str(reservation.minimum_fee),
        "status": reservation.status,
        "reason": reservation.cancel_reason,
    }


def event_payload(event: ReservationEvent) -> MessagePayload:
    payload = reservation_payload(event.reservation) | {"event": event.kind, "at": event.at.isoformat()}
    if event.kind in (EventKind.CANCELLED, EventKind.EXPIRED, EventKind.DECLINED):
        payload |= {name: event.changes.get(name, ["0", "0"])[1] for name in ("fee", "refund")}
    if event.kind == EventKind.EXPIRED:
        payload["unpaid"] = True
    if event.new_status == Status.PENDING and (until := payment_deadline(event.reservation)):
        payload["pay_until"] = until.isoformat()
    if event.kind == EventKind.RESCHEDULED:
        payload["old"] = {name: values[0] for name, values in event.changes.items()}
        if MOVE_DECLINED in event.changes:
            payload |= {"move_declined": True, "reason": event.changes[MOVE_DECLINED][1]}
    return payload


def payment_payload(payment: Payment, reservation: Reservation) -> MessagePayload:
    return reservation_payload(reservation) | {"amount": str(payment.amount)}


def is_still_true(payload: MessagePayload, reservation: Reservation) -> bool:
    """Whether the reservation is still confirmed with the start that ``payload`` says."""
    return reservation.status == Status.CONFIRMED and reservation.starts_at.isoformat() == payload.get(
        "starts_at"
    )
