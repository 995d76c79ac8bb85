"""Rows of the outbox, written in the transaction of what they tell."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language

from accounts.models import User
from common.background import soon
from notifications.enums import URGENT, Channel, Kind
from notifications.facts import Facts
from notifications.models import Message
from notifications.tasks import deliver
from reservations.models import Reservation
from reservations.permissions import MANAGING
from resources.models import Venue, VenueMembership
from waitlist.models import WaitlistEntry

_is_quiet: ContextVar[bool] = ContextVar("_is_quiet", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing is written meanwhile: for a past that is made up."""
    before = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(before)


def write(messages: Iterable[Message]) -> None:
    """Stores them unless one with the same key is there, and has them sent once this is committed."""
    rows = [] if _is_quiet.get() else list(messages)
    if rows:
        Message.objects.bulk_create(rows, ignore_conflicts=True)
        soon(deliver, *(str(row.pk) for row in rows))


def to_customer(
    kind: Kind, key: str, about: Reservation | WaitlistEntry, facts: Facts, *, language: str = ""
) -> list[Message]:
    """A mail, and for what is urgent a text message if the customer wants that."""
    ways = [(Channel.EMAIL, about.customer_email)]
    if kind in URGENT and (phone := _phone_for_sms(about.customer)):
        ways.append((Channel.SMS, phone))
    return [
        Message(
            venue_id=about.venue_id,
            kind=kind,
            channel=channel,
            recipient=recipient,
            name=about.customer_name,
            user_id=about.customer_id,
            language=language,
            reservation=about if isinstance(about, Reservation) else None,
            entry=about if isinstance(about, WaitlistEntry) else None,
            dedupe_key=f"{kind}:{key}:{channel}:{recipient}",
            facts=facts,
        )
        for channel, recipient in ways
        if recipient
    ]


def _phone_for_sms(customer: User | None) -> str:
    return str(customer.phone or "") if customer is not None and customer.wants_sms else ""


def to_staff(
    kind: Kind, key: str, reservation: Reservation, facts: Facts, *, but: User | None = None
) -> list[Message]:
    """One mail for each member who wants them, but the one who acted; if there is none, the venue's."""
    people: list[tuple[str, str, UUID | None]] = [
        (member.user.email, member.user.get_full_name(), member.user.pk)
        for member in _members(reservation.venue_id)
    ]
    if not people:
        venue = Venue.objects.only("email", "name").get(pk=reservation.venue_id)
        people = [(venue.email, venue.name, None)] if venue.email else []
    return [
        Message(
            venue_id=reservation.venue_id,
            kind=kind,
            channel=Channel.EMAIL,
            recipient=recipient,
            name=name,
            user_id=user_id,
            reservation=reservation,
            dedupe_key=f"{kind}:{key}:{Channel.EMAIL}:{recipient}",
            facts=facts,
        )
        for recipient, name, user_id in people
        if but is None or user_id != but.pk
    ]


def _members(venue_id: int) -> Iterable[VenueMembership]:
    wanting = VenueMembership.objects.filter(venue_id=venue_id, wants_notices=True, role__in=MANAGING)
    return wanting.filter(user__is_active=True).select_related("user").order_by("pk")


def spoken() -> str:
    """The language of the page or program that the person uses now."""
    language = (get_language() or "").split("-")[0]
    return language if language in dict(settings.LANGUAGES) else ""
