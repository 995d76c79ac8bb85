"""Every change of a loan; pages, API, admin and commands call only these.

All raise ``LoanNotFound`` for an unknown id, ``TransitionNotAllowed`` if the state does not allow the change,
``StaleVersion`` if ``version`` is no longer current, ``InvalidInput`` and ``Busy``. Nothing is written then.
The caller asks ``lending.permissions`` who may. Whoever comes next is served in the same transaction.
"""

from lending.queueing import look_at_queue
from lending.services.arranging import edit_loan, move_loan, resume_loan, suspend_loan
from lending.services.cancelling import cancel_loan
from lending.services.copies import add_copy, change_copy, remove_copy
from lending.services.deciding import approve_loan, decline_loan
from lending.services.handing import hand_out, lend
from lending.services.lendables import (
    change_lendable,
    change_rules,
    find_or_make_rules,
    make_lendable,
    make_rules,
    stop_lending,
)
from lending.services.losing import mark_found, mark_lost, swap_loan
from lending.services.parting import return_some
from lending.services.renewing import keep_alive, recall_loan, renew_loan
from lending.services.requesting import find_queue, request_loan
from lending.services.returning import force_return, return_loan
from lending.services.sweeping import (
    begin_dated,
    drop_inactive,
    end_leases,
    expire_requests,
    forget_leases,
    roll_on_loans,
    serve_queues,
    warn_of_clashes,
    watch_overdue,
)
from lending.services.things import add_thing, change_thing, require_new_name

__all__ = [
    "add_copy",
    "add_thing",
    "approve_loan",
    "begin_dated",
    "cancel_loan",
    "change_copy",
    "change_lendable",
    "change_rules",
    "change_thing",
    "decline_loan",
    "drop_inactive",
    "edit_loan",
    "end_leases",
    "expire_requests",
    "find_or_make_rules",
    "find_queue",
    "force_return",
    "forget_leases",
    "hand_out",
    "keep_alive",
    "lend",
    "look_at_queue",
    "make_lendable",
    "make_rules",
    "mark_found",
    "mark_lost",
    "move_loan",
    "recall_loan",
    "remove_copy",
    "renew_loan",
    "request_loan",
    "require_new_name",
    "resume_loan",
    "return_loan",
    "return_some",
    "roll_on_loans",
    "serve_queues",
    "stop_lending",
    "suspend_loan",
    "swap_loan",
    "warn_of_clashes",
    "watch_overdue",
]
