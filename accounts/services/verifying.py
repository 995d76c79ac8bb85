from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import (
    consume_email_verification_rate_limit,
    get_address_for_user,
    send_verification_email_to_address,
)
from allauth.account.models import EmailAddress, get_emailconfirmation_model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.addresses import normal_email
from common.parsing import refuse


def is_verified(user: User) -> bool:
    verified: bool = EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()
    return verified


def verify_address(user: User) -> None:
    """Somebody whom we trust has verified it."""
    address, _is_new = EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"primary": True}
    )
    address.set_verified()


def verify_email(request: HttpRequest, *, key: str) -> EmailAddress:
    """``key`` is in the mail. Raises ``InvalidInput``."""
    confirmation = get_emailconfirmation_model().from_key(key)
    address = confirmation.confirm(request) if confirmation else None
    if address is None:
        refuse("key", _("This link is invalid or has expired."))
    return address


def resend_verification(request: HttpRequest, *, user: User) -> None:
    """Mail the account's address, or the one it is changing to; every few minutes at most."""
    waiting = EmailAddress.objects.get_new(user) or get_address_for_user(user)
    if waiting is not None and not waiting.verified:
        send_verification_email_to_address(request, waiting)


def resend_verification_to(request: HttpRequest, *, email: str) -> None:
    """For somebody who cannot sign in yet."""
    # One mail whatever we know of the address, so that the answer tells nothing.
    email = normal_email(email)
    address = EmailAddress.objects.filter(email=email).select_related("user").order_by("-verified").first()
    if address is not None and address.verified:
        if consume_email_verification_rate_limit(request, email):
            get_adapter().send_account_already_exists_mail(email)
        return
    send_verification_email_to_address(request, address or EmailAddress(email=email))
