"""Closing an account for good."""

import logging
from smtplib import SMTPException
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.core.mail import send_mail
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import erasure
from accounts.exceptions import AccountNeeded, BookingsOpen
from accounts.models import ApiKey, User
from accounts.personal_data import Person, person_of
from common.models import Job, StoredAnswer
from common.transactions import retried_atomic

logger = logging.getLogger(__name__)
NOBODY = "deleted.invalid"
"""Domain of the addresses of closed accounts: nothing is ever sent there."""


def close_account(*, user: User, cancel_bookings: bool = False) -> list[str]:
    """Ends what is still to come, forgets the person and closes the account; returns what was ended.

    Each booking is cancelled under its terms, in a transaction of its own; then everything personal goes
    at once. Interrupted in between, it can be asked for again. Raises ``AccountNeeded``, ``BookingsOpen``
    (unless ``cancel_bookings``), and whatever refuses to be cancelled.
    """
    person, address, language = person_of(user), user.email, user.language
    items = require_closable(person, cancel_bookings=cancel_bookings)
    for part in reversed(erasure.parts):
        part.end_quietly(person)
    for item in items:
        item.end()
    ended = [f"{item.what}: {item.cost}" for item in items]
    _forget(person)
    _send_farewell(address, language, ended)
    return ended


def require_closable(person: Person, *, cancel_bookings: bool) -> list[erasure.OpenItem]:
    """What closing would end. Raises ``AccountNeeded``, and ``BookingsOpen`` unless ``cancel_bookings``."""
    _require_free(person)
    items = erasure.open_items(person)
    if items and not cancel_bookings:
        raise BookingsOpen(extra={"bookings": [item.what for item in items]})
    return items


def _require_free(person: Person) -> None:
    if reasons := erasure.obstacles(person):
        raise AccountNeeded(" ".join(reasons))


@retried_atomic
def _forget(person: Person) -> None:
    User.objects.select_for_update().get(pk=person.user.pk)
    require_closable(person, cancel_bookings=False)  # something may have been booked in this very moment
    for part in reversed(erasure.parts):
        part.end_quietly(person)
    for part in reversed(erasure.parts):
        part.erase(person)


def _send_farewell(address: str, language: str, ended: list[str]) -> None:
    """Not by way of the outbox, which would keep the address. A mail server that is down stops nothing."""
    with translation.override(language or translation.get_language()):
        subject = _("Your account is closed")
        text = render_to_string("accounts/closed_mail.txt", {"ended": ended})
    try:
        send_mail(subject, text, None, [address])
    except (SMTPException, OSError):
        logger.exception("The last mail to a closed account could not be sent.")


class AccountPart(erasure.Part):
    """The account itself; the last to be erased."""

    def obstacles(self, person: Person) -> list[str]:
        others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.user.pk)
        if person.user.is_superuser and not others.exists():
            return [_("You are the only administrator. Make somebody else one first.")]
        return []

    def losses(self, person: Person) -> list[str]:
        if ApiKey.objects.filter(user=person.user, revoked_at=None).exists():
            return [_("Your API keys end; programs that use them stop working.")]
        return []

    def erase(self, person: Person) -> None:
        user = person.user
        _end_sessions(user)
        ApiKey.objects.filter(user=user).delete()
        Job.objects.filter(user=user).delete()
        for model in (Authenticator, SocialAccount, EmailAddress):
            model.objects.filter(user=user).delete()
        StoredAnswer.objects.filter(scope=str(user.pk)).delete()
        _forget_in_log(person)
        _make_nobody(user)


def _end_sessions(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


def _forget_in_log(person: Person) -> None:
    """The admin's log stays without the texts that name the person."""
    named = Q(pk__in=())
    for word in person.words:
        named |= Q(object_repr__icontains=word) | Q(change_message__icontains=word)
    LogEntry.objects.filter(named).update(object_repr="", change_message="")


def _make_nobody(user: User) -> None:
    """The row that is left: an id that others point to."""
    user.groups.clear()
    user.user_permissions.clear()
    user.email = nobodys_address(user.pk)
    user.username = user.last_login = None
    user.first_name = user.last_name = user.phone = user.time_zone = user.language = ""
    user.wants_reminders = user.wants_sms = user.wants_newsletter = False
    user.is_staff = user.is_superuser = user.is_active = False
    user.set_unusable_password()
    user.save()


def nobodys_address(user_id: UUID) -> str:
    return f"{user_id}@{NOBODY}"
