"""What the use cases of bookings may refuse, for the API's document."""

from common.schema_errors import Refusals
from scheduling.reasons import Reason

OCCUPIED = (Reason.TAKEN, Reason.HELD, Reason.CAPACITY, Reason.PART_TAKEN)
PLACING = (*Reason, "refused")
REPLY = ("answer_needed", "terms_not_accepted")
CHARGE = ("paid_at_venue", "payment_failed", "nothing_due", "payment_under_way", "payment_unavailable")

HOLDING = Refusals("Holding", (*PLACING, "too_many_holds"))
BOOKING = Refusals("Booking", (*PLACING, *REPLY))
CONFIRMING_HOLD = Refusals("HoldConfirmation", (*BOOKING.codes, "hold_expired", "transition_not_allowed"))
CONFIRMING_HOLDS = Refusals("HoldsConfirmation", (*CONFIRMING_HOLD.codes, "cart_refused"))
CONFIRMING = Refusals("Confirmation", (*CONFIRMING_HOLD.codes, *CHARGE, "payment_required"))
EXTENDING_HOLD = Refusals("HoldExtension", (*PLACING, "hold_expired", "transition_not_allowed", "hold_limit"))
CHANGING_HOLD = Refusals("HoldChange", (*PLACING, "hold_expired", "transition_not_allowed", "last_resource"))
CHANGING = Refusals("Change", (*PLACING, "has_begun", "too_late_to_change", "transition_not_allowed"))
ENDING = Refusals("Ending", ("transition_not_allowed",))
DECLINING = Refusals("Declining", ("transition_not_allowed", *OCCUPIED))
CHECKING_IN = Refusals("CheckIn", ("transition_not_allowed", "check_in_closed", *OCCUPIED))
ARRIVED = Refusals("Attendance", ("transition_not_allowed", Reason.TOO_SOON))
UNDOING = Refusals("Undoing", ("transition_not_allowed", *OCCUPIED))
CHECKING_OUT = Refusals("Checkout", CHARGE)
PAYING = Refusals("Payment", CHARGE)
BOOKING_SERIES = Refusals("Series", (*BOOKING.codes, "series_refused"))
CHANGING_SERIES = Refusals("SeriesChange", (*CHANGING.codes, "series_refused"))
