"""Rows of the outbox, written in the transaction of what they tell."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language

from accounts.models import User
from common.background import enqueue_after_commit
from common.venues import directory
from notifications.enums import Channel
from notifications.kinds import Facts, kinds
from notifications.models import Message
from notifications.tasks import deliver

_is_quiet: ContextVar[bool] = ContextVar("_is_quiet", default=False)


class Theirs(Protocol):
    """A row that is somebody's."""

    @property
    def pk(self) -> Any: ...

    @property
    def venue_id(self) -> int: ...

    @property
    def customer(self) -> User | None: ...

    @property
    def customer_id(self) -> UUID | None: ...

    @property
    def customer_name(self) -> str: ...

    @property
    def customer_email(self) -> str: ...


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
        enqueue_after_commit(deliver, *(str(row.pk) for row in rows))


def to_customer(kind: str, key: str, about: Theirs, facts: Facts, *, language: str = "") -> list[Message]:
    """A mail, and for what is urgent a text message if the customer wants that."""
    ways = [(Channel.EMAIL, about.customer_email)]
    if kinds[kind].is_urgent and (phone := _phone_for_sms(about.customer)):
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
            subject_type=kinds[kind].topic,
            subject_id=str(about.pk),
            dedupe_key=f"{kind}:{key}:{channel}:{recipient}",
            facts=facts,
        )
        for channel, recipient in ways
        if recipient
    ]


def _phone_for_sms(customer: User | None) -> str:
    return str(customer.phone or "") if customer is not None and customer.wants_sms else ""


def to_staff(kind: str, key: str, about: Theirs, facts: Facts, *, but: User | None = None) -> list[Message]:
    """One mail for each of the venue's people who want them, but the one who acted."""
    return [
        Message(
            venue_id=about.venue_id,
            kind=kind,
            channel=Channel.EMAIL,
            recipient=person.email,
            name=person.name,
            user_id=person.user_id,
            subject_type=kinds[kind].topic,
            subject_id=str(about.pk),
            dedupe_key=f"{kind}:{key}:{Channel.EMAIL}:{person.email}",
            facts=facts,
        )
        for person in directory().told_of_bookings(about.venue_id)
        if but is None or person.user_id != but.pk
    ]


def spoken() -> str:
    """The language of the page or program that the person uses now."""
    language = (get_language() or "").split("-")[0]
    return language if language in dict(settings.LANGUAGES) else ""
