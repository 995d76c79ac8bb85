"""Why money did not move; docs/errors.md lists the codes."""

from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, DomainError


class PaymentUnavailable(DomainError):
    """The provider could not be asked, or the one that took the money is configured no more."""

    code = "payment_unavailable"
    status = 503
    retry_after = 60
    message = _("Payments cannot be taken at the moment. Please try again later, or pay at the venue.")


class PaidAtVenue(DomainError):
    """No provider is configured, or it has no page for customers."""

    code = "paid_at_venue"
    message = _("This can't be paid online. Please pay at the venue.")


class PaymentUnderWay(Conflict):
    code = "payment_under_way"
    message = _("A payment for this reservation is under way. Please wait a moment.")


class PaymentRefused(DomainError):
    code = "payment_failed"
    message = _("The payment was not accepted.")


class NothingDue(DomainError):
    code = "nothing_due"
    message = _("There is nothing to pay now.")
