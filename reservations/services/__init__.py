"""Everything that changes a reservation: views, API, admin, tasks and commands call these alone."""

from reservations.services.adding import add_to_hold, remove_from_hold, span_of
from reservations.services.approving import confirm_reservation, decline_reservation
from reservations.services.attendance import check_in, complete_reservation, mark_no_show
from reservations.services.blocking import block_time
from reservations.services.booking import book_reservation, hold_reservation, require_contact, wants_approval
from reservations.services.cancelling import CancellationTerms, cancel_reservation, cancellation_preview
from reservations.services.changing import Changes, change_reservation, require_in_time
from reservations.services.deposits import deposit_due, expire_unpaid, pay_deposit
from reservations.services.expiring import expire_overdue_holds, release_no_shows
from reservations.services.holding import confirm_hold, could_last_until, extend_hold, release_hold
from reservations.services.linking import send_link
from reservations.services.paying import confirm_and_pay, record_payment
from reservations.services.rescheduling import (
    NewPrice,
    edit_reservation,
    reparty_preview,
    reschedule_preview,
    reschedule_reservation,
)
from reservations.services.together import confirm_holds

__all__ = [
    "CancellationTerms",
    "Changes",
    "NewPrice",
    "add_to_hold",
    "block_time",
    "book_reservation",
    "cancel_reservation",
    "cancellation_preview",
    "change_reservation",
    "check_in",
    "complete_reservation",
    "confirm_and_pay",
    "confirm_hold",
    "confirm_holds",
    "confirm_reservation",
    "could_last_until",
    "decline_reservation",
    "deposit_due",
    "edit_reservation",
    "expire_overdue_holds",
    "expire_unpaid",
    "extend_hold",
    "hold_reservation",
    "mark_no_show",
    "pay_deposit",
    "record_payment",
    "release_hold",
    "release_no_shows",
    "remove_from_hold",
    "reparty_preview",
    "require_contact",
    "require_in_time",
    "reschedule_preview",
    "reschedule_reservation",
    "send_link",
    "span_of",
    "wants_approval",
]
