"""What is stored about guests, for whoever proves that the address is theirs; and how long it is kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import privacy
from accounts.exceptions import InvalidToken
from accounts.models import User
from accounts.privacy import Person, guest_with
from accounts.services.closing import erase, require_closable
from common.addresses import normal_email
from common.mail import send_leniently

SALT = "accounts.guests"
VALID_FOR = timedelta(hours=24)
MOST_AT_ONCE = 100


def send_data_link(*, email: str) -> None:
    """To the address, whatever is known of it; one with an account is led there."""
    email = normal_email(email)
    has_account = User.objects.filter(email=email).exists()
    path = reverse("account-data") if has_account else data_link_path(email)
    context = {"link": f"{settings.SITE_URL}{path}", "has_account": has_account}
    text = render_to_string("accounts/guest_data_mail.txt", context)
    send_leniently(lambda: send_mail(_("Your data"), text, None, [email]))


def guest_of_link(token: str) -> Person:
    """Raises ``InvalidToken``."""
    try:
        email = signing.loads(token, salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature as error:
        raise InvalidToken(_("This link is not valid, or not any more.")) from error
    if User.objects.filter(email=email).exists():  # made since: the account's pages do the same
        raise InvalidToken(_("There is an account with this address by now. Please sign in."))
    return guest_with(email)


def erase_guest(person: Person, *, cancel_bookings: bool = False) -> list[str]:
    """End what is still to come and erase the rest; what was ended. Raises as ``close_account`` does."""
    items = require_closable(person, cancel_bookings=cancel_bookings)
    privacy.end_quietly(person)
    for item in items:
        item.end()
    erase(person)
    return [f"{item.label}: {item.cost}" for item in items]


def forget_guests(*, now: datetime) -> int:
    """Those who have not been seen for ``GUEST_DATA_DAYS``."""
    if not settings.GUEST_DATA_DAYS:
        return 0
    before = now - timedelta(days=settings.GUEST_DATA_DAYS)
    emails = [email for email in _list_stale(before) if not User.objects.filter(email=email).exists()]
    for email in emails[:MOST_AT_ONCE]:
        erase_guest(guest_with(email))
    return len(emails[:MOST_AT_ONCE])


def _list_stale(before: datetime) -> Iterable[str]:
    last_seen: dict[str, datetime] = {}
    for part in privacy.parts:
        for email, at in part.guests_last_seen():
            last_seen[email] = max(at, last_seen.get(email, at))
    return sorted(email for email, at in last_seen.items() if at < before)


def data_link_path(email: str) -> str:
    return reverse("guest-data", args=[signing.dumps(email, salt=SALT)])
