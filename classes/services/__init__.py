"""Every change of sessions and seats; pages, API, admin, tasks and commands call only these.

All raise ``SessionNotFound`` or ``BookingNotFound`` for an unknown id, ``InvalidInput`` and ``Busy``; changes
also ``TransitionNotAllowed``, ``HasBegun`` and ``StaleVersion``. Nothing is written then. The caller asks
``classes.permissions`` who may. Locks come in this order: names, sessions by key, reservations by id, leaves
by key, a pass.
"""

from classes.services.attending import (
    WalkIn,
    add_walk_in,
    record_attendance,
    record_roster,
    write_letter,
)
from classes.services.calling_off import CalledOff, call_off_day, cancel_session, cancel_sessions
from classes.services.copying import PlannedCopy, copy_week, plan_copies
from classes.services.moving import SessionChanges, SessionsMoved, change_session, change_sessions
from classes.services.passes import (
    PassNotFound,
    end_pass,
    extend_pass,
    order_pass,
    pay_pass,
    record_pass_payment,
    return_credit,
    sell_pass,
    start_pass_checkout,
)
from classes.services.paying import (
    pay_instalment,
    record_instalment,
    settle_payouts,
    start_instalment_checkout,
    work_out_payouts,
)
from classes.services.people import (
    approve_facilitator,
    change_profile,
    decline_facilitator,
    follow_pay_rate,
    register_facilitator,
    set_pay_rate,
    set_photo,
)
from classes.services.places import add_studio, change_studio, resize_studio
from classes.services.prices import PriceEdit, change_prices, list_booked
from classes.services.scheduling import create_session
from classes.services.seating import (
    accept_seat,
    book_again,
    book_course,
    book_seat,
    cancel_booking,
    confirm_seat,
    find_booking,
    has_booked,
    hold_seat,
    resize_booking,
    wait_for_seat,
)
from classes.services.series import (
    Occurrence,
    SeriesEdit,
    SeriesMade,
    cancel_series,
    change_series,
    create_series,
    repeat_changes,
)
from classes.services.substituting import (
    accept_to_substitute,
    ask_for_substitute,
    decline_to_substitute,
    stop_asking,
    substitute,
)

__all__ = [
    "CalledOff",
    "Occurrence",
    "PassNotFound",
    "PlannedCopy",
    "PriceEdit",
    "SeriesEdit",
    "SeriesMade",
    "SessionChanges",
    "SessionsMoved",
    "WalkIn",
    "accept_seat",
    "accept_to_substitute",
    "add_studio",
    "add_walk_in",
    "approve_facilitator",
    "ask_for_substitute",
    "book_again",
    "book_course",
    "book_seat",
    "call_off_day",
    "cancel_booking",
    "cancel_series",
    "cancel_session",
    "cancel_sessions",
    "change_prices",
    "change_profile",
    "change_series",
    "change_session",
    "change_sessions",
    "change_studio",
    "confirm_seat",
    "copy_week",
    "create_series",
    "create_session",
    "decline_facilitator",
    "decline_to_substitute",
    "end_pass",
    "extend_pass",
    "find_booking",
    "follow_pay_rate",
    "has_booked",
    "hold_seat",
    "list_booked",
    "order_pass",
    "pay_instalment",
    "pay_pass",
    "plan_copies",
    "record_attendance",
    "record_instalment",
    "record_pass_payment",
    "record_roster",
    "register_facilitator",
    "repeat_changes",
    "resize_booking",
    "resize_studio",
    "return_credit",
    "sell_pass",
    "set_pay_rate",
    "set_photo",
    "settle_payouts",
    "start_instalment_checkout",
    "start_pass_checkout",
    "stop_asking",
    "substitute",
    "wait_for_seat",
    "work_out_payouts",
    "write_letter",
]
