"""What classes may refuse, for the API's document."""

from common.schema_errors import Refusals
from reservations.api.refusals import BOOKING as PLACING
from reservations.api.refusals import CHARGE, OCCUPIED
from scheduling.reasons import Reason

STATE = ("transition_not_allowed", "has_begun")
ROOM = (*OCCUPIED, "series_refused", "refused", Reason.PAST)
LED = ("not_approved",)
LEADING = Refusals("Leading", LED)
CREATING = Refusals("Session", (*LED, *ROOM))
CHANGING = Refusals("SessionChange", (*LED, *STATE, *ROOM, "still_booked", "stale_version"))
CALLING_OFF = Refusals("CallingOff", (*LED, *STATE))
SUBSTITUTING = Refusals("Substitute", (*LED, *STATE, *OCCUPIED, "refused", "told_often"))
ATTENDING = Refusals("Roster", (*LED, *STATE, Reason.TOO_SOON, "check_in_closed", *OCCUPIED, "refused"))
BOOKING = Refusals("Seat", (*PLACING.codes, "fully_booked", "offer_expired"))
CHANGING_SEAT = Refusals(
    "SeatChange", (*BOOKING.codes, "transition_not_allowed", "has_begun", "too_late_to_change")
)
CANCELLING = Refusals("SeatEnding", ("transition_not_allowed",))
WAITING = Refusals(
    "SeatWaiting",
    (*Reason, "refused", "already_waiting", "session_not_available", "waitlist_full"),
)
LEAVING = Refusals("SeatLeaving", ("transition_not_allowed", "offer_expired"))
SELLING = Refusals("PassSale", ("pass_not_valid", "refused"))
PAYING = Refusals("PassPayment", CHARGE)
SETTLING = Refusals("Settling", ("payout_settled", "stale_version"))
