"""What quotes may refuse, for the API's document."""

from common.schema_errors import Refusals
from scheduling.reasons import Reason

QUOTING = Refusals("Quote", (*Reason, "refused"))
QUOTING_CHANGE = Refusals("ChangeQuote", (*Reason, "refused", "too_late_to_change", "transition_not_allowed"))
