from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class InvalidCredentials(DomainError):
    """The same for an unknown, a closed and a known account."""

    code = "invalid_credentials"
    status = 401
    message = _("This e-mail address or user name and this password do not belong together.")


class MfaRequired(DomainError):
    code = "mfa_required"
    status = 401
    message = _("Give the code of your authenticator app or a recovery code, too.")


class InvalidCode(DomainError):
    code = "invalid_code"
    status = 401
    message = _("This code is not valid, or not any more.")


class EmailNotVerified(DomainError):
    code = "email_not_verified"
    status = 401
    message = _("Please follow the link in the mail that we have sent you first.")


class ProofNeeded(DomainError):
    """For what lasts, a session is not enough."""

    code = "reauthentication_needed"
    status = 403
    message = _("Give your password, or sign in again first.")


class InvalidToken(DomainError):
    code = "invalid_token"
    status = 401
    message = _("This token is not valid, or not any more.")


class CookiesDropped(DomainError):
    code = "cookies_dropped"
    status = 403
    message = _(
        "This page belongs to another site, so its browser keeps no cookie of ours. Send the access token."
    )


class TooManyAttempts(DomainError):
    code = "throttled"
    status = 429
    message = _("That was too often. Please wait a few minutes.")

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.retry_after = seconds


class BookingsOpen(DomainError):
    """``extra["bookings"]`` names them."""

    code = "bookings_open"
    status = 409
    message = _("There are still bookings to come. Cancel them first, or agree that they are cancelled.")


class AccountNeeded(DomainError):
    code = "account_needed"
    status = 409
    message = _("This account cannot be closed now.")
