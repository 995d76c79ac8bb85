"""What accounts may refuse, for the API's document."""

from common.schema_errors import Refusals

SIGNING_UP = Refusals("SignUp", ("email_not_verified",))
SIGNING_IN = Refusals("SignIn", ("invalid_credentials", "mfa_required", "invalid_code", "email_not_verified"))
SIGNING_IN_WITH_GOOGLE = Refusals(
    "Google", ("not_configured", "invalid_id_token", "provider_away", *SIGNING_IN.codes)
)
ASKING_FOR_TOKEN = Refusals("Token", ("cookies_dropped",))
POWER = Refusals("Power", ("reauthentication_needed",))
CLOSING = Refusals("AccountClosing", ("bookings_open", "account_needed", "reauthentication_needed"))
