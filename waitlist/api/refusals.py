"""What the waitlist may refuse, for the API's document."""

from common.schema_errors import Refusals
from scheduling.reasons import Reason

JOINING = Refusals("Waiting", (*Reason, "refused", "already_waiting"))
CHANGING = Refusals("WaitingChange", (*JOINING.codes, "transition_not_allowed", "offer_expired"))
ANSWERING = Refusals("Offer", ("offer_expired", "transition_not_allowed"))
ACCEPTING = Refusals(
    "OfferAcceptance",
    (*ANSWERING.codes, *Reason, "refused", "answer_needed", "terms_not_accepted", "hold_expired"),
)
