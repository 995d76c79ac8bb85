"""Rows of the outbox, written in the transaction of what they are about."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from django.utils.translation import get_language

from accounts.models import User
from common.background import enqueue_after_commit
from common.clock import now
from common.database import write_connection
from common.inserting import insert_rows
from common.languages import is_offered
from common.venues import directory
from notifications.enums import Channel
from notifications.kinds import MessagePayload, kinds
from notifications.models import Message
from notifications.tasks import deliver_messages

_is_quiet: ContextVar[bool] = ContextVar("_is_quiet", default=False)
_gathered: ContextVar["_Gathered | None"] = ContextVar("_gathered", default=None)


class VenueRow(Protocol):
    """A row that belongs to a venue."""

    @property
    def pk(self) -> Any: ...

    @property
    def venue_id(self) -> int: ...


class CustomerRow(VenueRow, Protocol):
    """One that belongs to a customer, too."""

    @property
    def customer(self) -> User | None: ...

    @property
    def customer_id(self) -> UUID | None: ...

    @property
    def customer_name(self) -> str: ...

    @property
    def customer_email(self) -> str: ...

    @property
    def texting_phone(self) -> str:
        """The number to which text messages about this one row may go."""


@contextmanager
def suppress_messages() -> Iterator[None]:
    """Nothing is written meanwhile, such as for a past that is made up."""
    before = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(before)


class _Gathered(NamedTuple):
    savepoints: Sequence[str]
    messages: list[Message]


def _list_savepoints() -> list[str]:
    return [id for id in write_connection(Message).savepoint_ids if id]


@contextmanager
def gather_messages() -> Iterator[None]:
    """What several tell of the same change is written at once, at its end.

    What is told within a savepoint that begins meanwhile is written there: it may be undone by itself.
    """
    gathered = _Gathered(_list_savepoints(), [])
    before = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(before)
    write_messages(gathered.messages)


def write_messages(messages: Iterable[Message]) -> None:
    rows, gathered = [] if _is_quiet.get() else list(messages), _gathered.get()
    if not rows:
        return
    if gathered and gathered.savepoints == _list_savepoints():
        gathered.messages.extend(rows)
        return
    # The key is unique: the same news told twice, also by two processes at once, is one message.
    insert_rows(rows, ignore_conflicts=True)
    enqueue_after_commit(deliver_messages, *(str(row.pk) for row in rows))


LONGEST_NAME = 200
"""Accounts and addresses may have longer ones."""


def messages_to_customer(
    kind: str, key: str, about: CustomerRow, payload: MessagePayload, *, language: str = ""
) -> list[Message]:
    """A mail, and a text message for what is urgent if the customer has agreed to that."""
    recipients = [(Channel.EMAIL, about.customer_email)]
    if kinds[kind].is_urgent and (phone := phone_for_texts(about)):
        recipients.append((Channel.SMS, phone))
    return [
        Message(
            venue_id=about.venue_id,
            kind=kind,
            channel=channel,
            recipient=recipient,
            name=(about.customer_name or about.customer_email)[:LONGEST_NAME],
            user_id=about.customer_id,
            language=language,
            subject_type=kinds[kind].topic,
            subject_id=str(about.pk),
            dedupe_key=f"{kind}:{key}:{channel}:{recipient}",
            due_at=now() + kinds[kind].waits,
            payload=payload,
        )
        for channel, recipient in recipients
        if recipient
    ]


def phone_for_texts(about: CustomerRow) -> str:
    """Empty without consent: the account's to all text messages, or that to those about this row."""
    customer = about.customer
    own = str(customer.phone or "") if customer is not None and customer.wants_sms else ""
    return own or about.texting_phone


def messages_to_staff(
    kind: str,
    key: str,
    about: VenueRow,
    payload: MessagePayload,
    *,
    but: User | None = None,
    decides: bool = False,
) -> list[Message]:
    """One mail for each of the venue's people who want them, except ``but``, who acted.

    ``decides``: it is for managers alone to decide.
    """
    return [
        Message(
            venue_id=about.venue_id,
            kind=kind,
            channel=Channel.EMAIL,
            recipient=person.email,
            name=person.name[:LONGEST_NAME],
            user_id=person.user_id,
            subject_type=kinds[kind].topic,
            subject_id=str(about.pk),
            dedupe_key=f"{kind}:{key}:{Channel.EMAIL}:{person.email}",
            payload=payload,
        )
        for person in directory().told_of_bookings(about.venue_id, decides=decides)
        if but is None or person.user_id != but.pk
    ]


def active_language() -> str:
    """With its region, as in ``en-us``."""
    language = get_language() or ""
    return language if is_offered(language) else ""
