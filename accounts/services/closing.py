from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import privacy
from accounts.exceptions import AccountNeeded, BookingsOpen
from accounts.models import User
from accounts.privacy import OpenItem, Person, person_of
from common.mail import send_leniently
from common.transactions import retried_atomic


def close_account(*, user: User, cancel_bookings: bool = False) -> list[str]:
    """End what is still to come, erase the person and close the account; returns what was ended.

    Raises ``AccountNeeded``, ``BookingsOpen`` (unless ``cancel_bookings``), and what refuses to be cancelled.
    """
    person, address, language = person_of(user), user.email, user.language
    items = require_closable(person, cancel_bookings=cancel_bookings)
    privacy.end_quietly(person)
    # Each booking is cancelled in a transaction of its own, with its refund; only then everything personal
    # goes at once. Interrupted in between, closing can be asked for again.
    for item in items:
        item.end()
    ended = [f"{item.label}: {item.cost}" for item in items]
    erase(person)
    _send_farewell(address, language, ended)
    return ended


def require_closable(person: Person, *, cancel_bookings: bool) -> list[OpenItem]:
    """What closing would end. Raises ``AccountNeeded``, and ``BookingsOpen`` unless ``cancel_bookings``."""
    _require_no_obstacles(person)
    items = privacy.list_open_items(person)
    if items and not cancel_bookings:
        raise BookingsOpen(extra={"bookings": [item.label for item in items]})
    return items


def _require_no_obstacles(person: Person) -> None:
    if reasons := privacy.list_obstacles(person):
        raise AccountNeeded(" ".join(reasons))


@retried_atomic
def erase(person: Person) -> None:
    if person.account:
        User.objects.select_for_update().get(pk=person.account.pk)
    require_closable(person, cancel_bookings=False)  # something may have been booked in this very moment
    privacy.end_quietly(person)
    privacy.erase_person(person)


def _send_farewell(address: str, language: str, ended: list[str]) -> None:
    # Not through the outbox, which would keep the address. A mail server that is down stops nothing.
    with translation.override(language or translation.get_language()):
        subject = _("Your account is deleted")
        text = render_to_string("accounts/closed_mail.txt", {"ended": ended})
    send_leniently(lambda: send_mail(subject, text, None, [address]))
