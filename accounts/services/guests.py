"""What is stored about guests, for whoever proves that the address is theirs; and how long it is kept."""

import hashlib
from datetime import datetime, timedelta
from itertools import islice

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
from common.sweeping import Sweep
from common.throttling import consume_allowance

SALT = "accounts.guests"
VALID_FOR = timedelta(hours=24)
MOST_AT_ONCE = 100


def send_data_link(*, email: str) -> None:
    """To the address, whatever is known of it; one with an account is led there."""
    email = normal_email(email)
    if consume_allowance("data_link", email).remaining < 0:
        return  # whoever asks: no letter box is to be filled through us
    has_account = _has_account(email)
    path = reverse("account-data") if has_account else data_link_path(email)
    context = {"link": f"{settings.SITE_URL}{path}", "has_account": has_account}
    text = render_to_string("accounts/guest_data_mail.txt", context)
    send_leniently(lambda: send_mail(_("Your data"), text, None, [email]))


def guest_of_link(token: str) -> Person:
    """Raises ``InvalidToken``."""
    try:
        email = signing.loads(token, salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature as error:
        raise InvalidToken(_("This link is invalid or has expired.")) from error
    if _has_account(email):  # made since: the account's pages do the same
        raise InvalidToken(_("This address now has an account. Sign in instead."))
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
    contacts = {sweep_key(contact): contact for contact in _list_stale(before)}
    run = Sweep("accounts.forget_guests", now=now)
    guests = (key for key in run.in_turn(list(contacts)) if not _has_account(contacts[key]))
    tried = [run.attempt(key, lambda key: _forget(contacts[key])) for key in islice(guests, MOST_AT_ONCE)]
    return tried.count(True)


def sweep_key(contact: str) -> str:
    # What failed is logged by its key, and somebody is to be forgotten.
    return hashlib.sha256(contact.encode()).hexdigest()[:16]


def _has_account(contact: str) -> bool:
    """A phone number is none's alone: what was booked with it and no address is a guest's."""
    return User.objects.filter(email=contact).exists()


def _forget(contact: str) -> bool:
    erase_guest(guest_with(contact))
    return True


def _list_stale(before: datetime) -> list[str]:
    last_seen: dict[str, datetime] = {}
    for part in privacy.parts:
        for contact, at in part.guests_last_seen():
            last_seen[contact] = max(at, last_seen.get(contact, at))
    return sorted(contact for contact, at in last_seen.items() if at < before)


def data_link_path(email: str) -> str:
    return reverse("guest-data", args=[signing.dumps(email, salt=SALT)])
