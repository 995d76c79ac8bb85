"""Everything that changes a reservation: views, API, admin, tasks and commands call these alone."""

from reservations.services.approving import confirm_reservation, decline_reservation
from reservations.services.attendance import check_in, complete_reservation, mark_no_show
from reservations.services.booking import book_reservation, hold_reservation
from reservations.services.cancelling import cancel_reservation, cancellation_preview
from reservations.services.expiring import expire_overdue_holds, release_no_shows
from reservations.services.holding import confirm_hold, release_hold
from reservations.services.paying import balance, record_payment
from reservations.services.rescheduling import reschedule_preview, reschedule_reservation

__all__ = [
    "balance",
    "book_reservation",
    "cancel_reservation",
    "cancellation_preview",
    "check_in",
    "complete_reservation",
    "confirm_hold",
    "confirm_reservation",
    "decline_reservation",
    "expire_overdue_holds",
    "hold_reservation",
    "mark_no_show",
    "record_payment",
    "release_hold",
    "release_no_shows",
    "reschedule_preview",
    "reschedule_reservation",
]
