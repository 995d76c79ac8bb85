"""What planning may refuse, for the API's document."""

from common.schema_errors import Refusals
from scheduling.reasons import Reason

PLACING = (*Reason, "refused")

CLOSING = Refusals("Closing", ("still_booked", "stale_version"))
SHIFTING = Refusals("Shift", ("still_booked", "stale_version"))
RELOCATING = Refusals("Relocation", PLACING)
BLOCKING = Refusals("SpecialEvent", PLACING)
