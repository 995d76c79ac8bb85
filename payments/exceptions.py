"""Why money did not move; docs/errors.md lists the codes."""

from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, DomainError


class PaymentUnavailable(DomainError):
    """The provider could not be asked, or the one that took the money is configured no more."""

    code = "payment_unavailable"
    status = 503
    retry_after = 60
    message = _("We can't take payments right now. Try again later, or pay at the venue.")


class PaidAtVenue(DomainError):
    """No provider is configured, or it has no page for customers."""

    code = "paid_at_venue"
    message = _("You can't pay this online. Pay at the venue.")


class PaymentUnderWay(Conflict):
    code = "payment_under_way"
    message = _("A payment for this booking is in progress. Wait a moment.")


class PaymentRefused(DomainError):
    code = "payment_failed"
    message = _("Payment declined. Try again or use another payment method.")


class NothingDue(DomainError):
    code = "nothing_due"
    message = _("Nothing is due right now.")
