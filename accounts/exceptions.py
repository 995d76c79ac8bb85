from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, DomainError


class InvalidCredentials(DomainError):
    """The same for an unknown, a closed and a known account."""

    code = "invalid_credentials"
    status = 401
    message = _("Wrong email or password.")


class InvalidIdToken(DomainError):
    """Forged, expired, meant for others, used before, or about an address that nobody has verified."""

    code = "invalid_id_token"
    status = 401
    message = _("Google didn't confirm this sign-in. Try again.")


class GoogleNotConfigured(DomainError):
    code = "not_configured"
    message = _("Signing in with Google isn't set up here.")


class ProviderAway(DomainError):
    code = "provider_away"
    status = 503
    message = _("We can't reach Google right now. Please try again in a moment.")
    retry_after = 10


class MfaRequired(DomainError):
    code = "mfa_required"
    status = 401
    message = _("Enter the code from your authenticator app or a recovery code.")


class InvalidCode(DomainError):
    code = "invalid_code"
    status = 401
    message = _("This code is wrong or has expired.")


class EmailNotVerified(DomainError):
    code = "email_not_verified"
    status = 401
    message = _("Confirm your email address first: open the link we emailed you.")


class ProofNeeded(DomainError):
    """For what lasts, a session is not enough."""

    code = "reauthentication_needed"
    status = 403
    message = _("Enter your password, or sign in again.")


class InvalidToken(DomainError):
    code = "invalid_token"
    status = 401
    message = _("This token is invalid or has expired.")


class CookiesDropped(DomainError):
    code = "cookies_dropped"
    status = 403
    message = _("This page is on another site, where our cookies don't work. Send the access token instead.")


class TooManyAttempts(DomainError):
    code = "throttled"
    status = 429
    message = _("Too many attempts. Try again in a few minutes.")

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.retry_after = seconds


class BookingsOpen(DomainError):
    """``extra["bookings"]`` names them."""

    code = "bookings_open"
    status = 409
    message = _("You have upcoming bookings. Cancel them first, or agree to cancel them.")


class AccountNeeded(DomainError):
    code = "account_needed"
    status = 409
    message = _("You can't delete this account yet.")


class EmailExists(Conflict):
    """Only those who may add accounts are told."""

    code = "email_exists"
    message = _("A user with the email address %(email)s already exists.")


class UsernameExists(Conflict):
    code = "username_exists"
    message = _("A user called %(name)s already exists.")
