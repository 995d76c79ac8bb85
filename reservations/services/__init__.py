"""Everything that changes a reservation: views, API, admin, tasks and commands call these alone."""

from reservations.services.adding import add_to_hold, remove_from_hold
from reservations.services.approving import confirm_reservation, decline_reservation
from reservations.services.attendance import check_in, complete_reservation, mark_no_show
from reservations.services.blocking import block_time
from reservations.services.booking import book_reservation, hold_reservation
from reservations.services.cancelling import cancel_reservation, cancellation_preview
from reservations.services.deposits import expire_unpaid, pay_deposit, settle_payments
from reservations.services.expiring import expire_overdue_holds, release_no_shows
from reservations.services.holding import confirm_hold, extend_hold, release_hold
from reservations.services.idempotency import forget_keys
from reservations.services.linking import send_link
from reservations.services.paying import confirm_and_pay, record_payment
from reservations.services.rescheduling import (
    edit_reservation,
    reschedule_preview,
    reschedule_reservation,
)
from reservations.services.together import confirm_holds

__all__ = [
    "add_to_hold",
    "block_time",
    "book_reservation",
    "cancel_reservation",
    "cancellation_preview",
    "check_in",
    "complete_reservation",
    "confirm_and_pay",
    "confirm_hold",
    "confirm_holds",
    "confirm_reservation",
    "decline_reservation",
    "edit_reservation",
    "expire_overdue_holds",
    "expire_unpaid",
    "extend_hold",
    "forget_keys",
    "hold_reservation",
    "mark_no_show",
    "pay_deposit",
    "record_payment",
    "release_hold",
    "release_no_shows",
    "remove_from_hold",
    "reschedule_preview",
    "reschedule_reservation",
    "send_link",
    "settle_payments",
]
