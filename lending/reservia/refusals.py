"""What the addresses of Reservia may refuse, for the API's document."""

from accounts.api.refusals import SIGNING_IN
from common.schema_errors import Refusals
from lending.api.refusals import ASKING, LEASE, RETURNING

SIGNING_IN_HERE = Refusals("ReserviaSignIn", SIGNING_IN.codes)
ADDING_PERSON = Refusals("ReserviaUser", ("email_exists", "username_exists"))
ADDING_THING = Refusals("ReserviaResource", ("resource_exists", "not_lendable"))
REQUESTING = Refusals("ReserviaRequest", ASKING.codes)
CANCELLING = Refusals("ReserviaCancel", ("transition_not_allowed", "ran_out"))
RELEASING = Refusals("ReserviaRelease", (*RETURNING.codes, "ran_out"))
KEEPING = Refusals("ReserviaKeep", LEASE.codes)
