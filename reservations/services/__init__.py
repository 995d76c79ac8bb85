"""Every change of a reservation; pages, API, admin, tasks and commands call only these.

All raise ``ReservationNotFound`` for an unknown id, ``TransitionNotAllowed`` if the state does not allow the
change, ``StaleVersion`` if ``version`` is no longer current, ``InvalidInput`` and ``Busy``. Those that take
time raise ``SlotTaken``, ``CapacityReached`` or ``BookingRefused`` (a rule). Nothing is written then.
"""

from reservations.domain.values import ReservationChanges
from reservations.services.adding import add_to_hold, remove_from_hold, span_of
from reservations.services.approving import confirm_reservation, decline_reservation
from reservations.services.attendance import (
    check_in,
    complete_reservation,
    mark_no_show,
    undo_attendance,
)
from reservations.services.blocking import Block, block_many, block_time, find_obstacles
from reservations.services.booking import book_reservation, hold_reservation, wants_approval
from reservations.services.cancelling import (
    CancellationTerms,
    cancel_many,
    cancel_reservation,
    cancellation_preview,
)
from reservations.services.changing import (
    change_locked,
    change_many,
    change_reservation,
    require_in_time,
)
from reservations.services.checkout import Repetition, end_checkouts_later, start_checkout
from reservations.services.contact import require_contact
from reservations.services.deposits import (
    awaits_only_payment,
    deposit_due,
    expire_unpaid,
    pay_deposit,
    payable_deposit,
    payment_deadline,
)
from reservations.services.expiring import expire_overdue_holds, release_no_shows
from reservations.services.guest_holds import hold_as_guest
from reservations.services.holding import confirm_hold, could_last_until, extend_hold, release_hold
from reservations.services.linking import renew_link, send_link
from reservations.services.recording import confirm_and_pay, record_payment, refund_payment
from reservations.services.removing import list_over, list_removable, make_rule, remove_history
from reservations.services.rescheduling import (
    NewPrice,
    edit_reservation,
    preview_change,
    reschedule_reservation,
)
from reservations.services.together import confirm_holds

__all__ = [
    "Block",
    "CancellationTerms",
    "NewPrice",
    "Repetition",
    "ReservationChanges",
    "add_to_hold",
    "awaits_only_payment",
    "block_many",
    "block_time",
    "book_reservation",
    "cancel_many",
    "cancel_reservation",
    "cancellation_preview",
    "change_locked",
    "change_many",
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
    "end_checkouts_later",
    "expire_overdue_holds",
    "expire_unpaid",
    "extend_hold",
    "find_obstacles",
    "hold_as_guest",
    "hold_reservation",
    "list_over",
    "list_removable",
    "make_rule",
    "mark_no_show",
    "pay_deposit",
    "payable_deposit",
    "payment_deadline",
    "preview_change",
    "record_payment",
    "refund_payment",
    "release_hold",
    "release_no_shows",
    "remove_from_hold",
    "remove_history",
    "renew_link",
    "require_contact",
    "require_in_time",
    "reschedule_reservation",
    "send_link",
    "span_of",
    "start_checkout",
    "undo_attendance",
    "wants_approval",
]
