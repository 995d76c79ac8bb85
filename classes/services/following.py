"""Seats follow their reservations, in the same transaction: active or not, credits, instalments."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from classes.configuration import find_rules
from classes.enums import PRODUCT, Attendance, InstalmentStatus, SessionStatus
from classes.models import Instalment, SeatBooking, Session
from classes.policies.plans import count_paid
from classes.policies.windows import is_in_time
from classes.seats import end_lapsed, has_seats_already
from classes.services.paying import work_out_payouts
from classes.services.returning import return_uses
from common.clock import epoch_minute
from payments.models import Payment
from reservations.enums import OCCUPYING, EventKind, Purpose, Status
from reservations.exceptions import TransitionNotAllowed
from reservations.models import Reservation, ReservationEvent
from reservations.selectors import ENDED_EARLY, balance
from resources.catalog import catalog_of
from scheduling.zones import to_minute

NEVER_CONFIRMED = (Status.HELD, Status.PENDING)
BOOKED_ONCE_MORE = _("They have booked this session once more. Cancel that booking first.")


def work_out_again(session_ids: Iterable[int]) -> None:
    """What who taught gets for sessions that are over, after who came or what was paid has changed."""
    ended = Session.objects.filter(pk__in=session_ids, status=SessionStatus.COMPLETED)
    ids = list(ended.values_list("pk", flat=True))
    if ids:
        work_out_payouts(session_ids=ids)


def follow_events(events: Sequence[ReservationEvent]) -> list[tuple[SeatBooking, ReservationEvent]]:
    """Returns the seats that have ended, with how."""
    steps = [event for event in events if event.new_status != event.old_status and _may_be_seat(event)]
    ended = [event for event in steps if _occupies(event.old_status) and not _occupies(event.new_status)]
    begun = [event for event in steps if event.old_status and _occupies(event.new_status)]
    back = [event for event in begun if not _occupies(event.old_status)]
    gone = _end_seats(ended) if ended else []
    if back:
        _take_seats_back([event.reservation_id for event in back])
    _note_attendance(steps)
    return gone


def _take_seats_back(reservation_ids: Sequence[UUID]) -> None:
    """Raises ``TransitionNotAllowed`` where the same person has seats there by now."""
    try:
        back = SeatBooking.objects.filter(reservation__in=reservation_ids)
        end_lapsed(SeatBooking.objects.filter(session__in=back.order_by().values("session")))
        back.update(is_active=True)
    except IntegrityError as error:
        if not has_seats_already(error):
            raise
        raise TransitionNotAllowed(BOOKED_ONCE_MORE) from error


def _occupies(status: str) -> bool:
    return bool(status) and Status(status) in OCCUPYING


def _may_be_seat(event: ReservationEvent) -> bool:
    """Without asking the database: most bookings are of something else."""
    reservation = event.reservation
    if reservation.purpose != Purpose.BOOKING or not event.old_status:
        return False
    bookables = catalog_of(reservation.venue).bookables
    if "items" in getattr(reservation, "_prefetched_objects_cache", {}):
        return any(bookables[item.resource_id].extension == PRODUCT for item in reservation.items.all())
    return any(bookable.extension == PRODUCT for bookable in bookables.values())


def _end_seats(events: Sequence[ReservationEvent]) -> list[tuple[SeatBooking, ReservationEvent]]:
    by_reservation = {event.reservation_id: event for event in events}
    rows = SeatBooking.objects.filter(reservation__in=by_reservation).select_related("session", "pass_use")
    seats = list(rows)
    SeatBooking.objects.filter(pk__in=[seat.pk for seat in seats]).update(is_active=False)
    _return_credits(seats, by_reservation)
    # Who stays away owes the price, and may have been there after all.
    planned = [seat.pk for seat in seats if seat.pays_plan and not _has_stayed_away(seat, by_reservation)]
    if planned:
        open_parts = Instalment.objects.filter(booking__in=planned, status=InstalmentStatus.OPEN)
        open_parts.update(status=InstalmentStatus.CANCELLED)
    return [(seat, by_reservation[seat.reservation_id]) for seat in seats]


def _has_stayed_away(seat: SeatBooking, events: dict[UUID, ReservationEvent]) -> bool:
    return events[seat.reservation_id].kind == EventKind.NO_SHOW


def _return_credits(seats: Iterable[SeatBooking], events: dict[UUID, ReservationEvent]) -> None:
    """In time, or before anything was agreed; who stays away has used theirs."""
    returned = []
    for seat in seats:
        use, event = getattr(seat, "pass_use", None), events[seat.reservation_id]
        if use is not None and use.returned_at is None and _comes_back(seat, event):
            returned.append((use, event.at))
    if returned:
        return_uses([use for use, _at in returned], returned[0][1])


def _comes_back(seat: SeatBooking, event: ReservationEvent) -> bool:
    if event.kind == EventKind.NO_SHOW:
        return False
    if event.old_status in NEVER_CONFIRMED or _is_free_since_move(event):
        return True
    rules = find_rules(seat.venue_id, seat.session.class_type_id)
    return is_in_time(rules, to_minute(seat.session.starts_at), epoch_minute(event.at))


def _is_free_since_move(event: ReservationEvent) -> bool:
    """Whether the venue has moved it so lately that leaving costs nothing."""
    shares = event.reservation.cancellation_terms
    return any(epoch_minute(event.at) < share.get("free_until", 0) for share in shares)


ATTENDANCE = {
    Status.CHECKED_IN: Attendance.PRESENT,
    Status.COMPLETED: Attendance.PRESENT,
    Status.NO_SHOW: Attendance.ABSENT,
}


def _note_attendance(events: Sequence[ReservationEvent]) -> None:
    """Whoever records it, and where: the roster says the same."""
    after_end = [event.reservation_id for event in events if event.at >= event.reservation.ends_at]
    for event in events:
        attendance = ATTENDANCE.get(Status(event.new_status))
        if event.kind == EventKind.UNDONE and event.new_status == Status.CONFIRMED:
            attendance = Attendance.UNKNOWN
        if attendance is not None:
            rows = SeatBooking.objects.filter(reservation=event.reservation_id)
            if event.new_status == Status.COMPLETED:
                rows = rows.exclude(attendance=Attendance.LATE)  # they came, and that is known better
            rows.update(attendance=attendance, attendance_at=event.at)
    if after_end:
        seats = SeatBooking.objects.filter(reservation__in=after_end).order_by()
        work_out_again(set(seats.values_list("session", flat=True)))


def follow_payments(paid: Sequence[tuple[Payment, Reservation]]) -> None:
    """Instalments are paid once what was paid covers them, the earliest first."""
    by_id = {reservation.pk: (payment, reservation) for payment, reservation in paid}
    seats = list(SeatBooking.objects.filter(reservation__in=by_id).select_related("session"))
    for seat in [seat for seat in seats if seat.pays_plan]:
        payment, reservation = by_id[seat.reservation_id]
        settle_instalments(seat, reservation, payment)
    over = {seat.session_id for seat in seats if seat.session.status == SessionStatus.COMPLETED}
    if over:
        work_out_again(over)


def settle_instalments(seat: SeatBooking, reservation: Reservation, payment: Payment) -> None:
    parts = [part for part in seat.instalments.all() if part.status != InstalmentStatus.CANCELLED]
    number = count_paid([part.amount for part in parts], balance(reservation))
    # What goes back because the booking has ended is not owed once more.
    unpaid = InstalmentStatus.CANCELLED if reservation.status in ENDED_EARLY else InstalmentStatus.OPEN
    for position, part in enumerate(parts):
        status = InstalmentStatus.PAID if position < number else unpaid
        if part.status != status:
            part.status, part.payment = status, payment if position < number else None
            part.save(update_fields=["status", "payment"])
