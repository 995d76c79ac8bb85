"""What is stored about a person: exported as one document, ended and erased with the account.

Every relation of a model to an account is either read by a registered part or left out for a stated reason; a
test checks that. The account's row stays, without anything personal (docs/decisions/0012-personal-data.md).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from accounts.models import User
from accounts.services.verifying import is_verified
from common.registry import Registry
from common.subjects import Subject


@dataclass(frozen=True, slots=True)
class Person:
    """An account, and its email address if that is verified (else empty).

    What was booked without the account, but with that address, is theirs as well.
    """

    user: User
    email: str
    venue_id: int | None = None
    """Only what this venue knows of a guest; else everything."""
    only: Subject | None = None
    """The one row of a guest who has left neither address nor phone number: the name could be anybody's."""

    @property
    def account(self) -> User | None:
        """None for a guest."""
        return None if self.user._state.adding else self.user

    @property
    def guest_phone(self) -> str:
        """Of a guest who is known by nothing else."""
        return "" if self.account or self.email else str(self.user.phone or "")

    @property
    def words(self) -> list[str]:
        """Texts by which they would be recognised."""
        texts = (self.user.email, self.user.get_full_name(), str(self.user.phone or ""))
        return [word for word in texts if word]


def guest_of(subject: Subject) -> Person:
    return Person(User(), "", only=subject)


def guest_with(contact: str, venue_id: int | None = None) -> Person:
    """Somebody without an account, who has proved the address or whom staff act for.

    ``contact`` is an email address, or the phone number of somebody who has given none, or what
    ``contact_of_row`` has made of a row that has neither.
    """
    type, colon, id = contact.partition(":")
    if colon and "@" not in contact:
        return guest_of(Subject(type, id))
    if "@" in contact:
        return Person(User(email=contact), contact, venue_id)
    return Person(User(phone=contact), "", venue_id)


def contact_of_row(subject: Subject) -> str:
    return f"{subject.type}:{subject.id}"


def person_of(user: User) -> Person:
    return Person(user, user.email if is_verified(user) else "")


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something still to come: its label, what ending it costs, and how to end it.

    ``end`` may raise a ``DomainError``; nothing is ended twice.
    """

    label: str
    cost: str
    end: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Traces:
    """How a person is found in messages and deliveries: their subjects, and the words they gave."""

    subjects: frozenset[Subject]
    words: frozenset[str]

    @property
    def contacts(self) -> frozenset[str]:
        """The words that are nobody else's; a name may be."""
        return frozenset(word for word in self.words if "@" in word or word.startswith("+"))


class Part:
    """What one app knows of a person, and what it does when they go.

    ``covers`` and ``left_out`` name relations as ``app.Model.field``; the latter with the reason.
    """

    sections: ClassVar[Mapping[str, str]] = {}
    """Names of what ``read`` gives, with an explanation where the name does not say."""
    covers: ClassVar[tuple[str, ...]] = ()
    left_out: ClassVar[Mapping[str, str]] = {}

    def read(self, person: Person) -> dict[str, Any]:
        """Sections of the document, plain JSON."""
        return {}

    def subjects(self, person: Person) -> Iterable[Subject]:
        """Rows of theirs that messages and deliveries may be about."""
        return ()

    def words(self, person: Person) -> Iterable[str]:
        """Names and addresses that they have given besides the account's."""
        return ()

    def obstacles(self, person: Person) -> list[str]:
        """Why the account cannot be closed now, in sentences."""
        return []

    def open_items(self, person: Person) -> list[OpenItem]:
        """What would have to be ended first."""
        return []

    def end_quietly(self, person: Person) -> None:
        """End what needs nobody's consent, before the open items are ended."""

    def losses(self, person: Person) -> list[str]:
        """What else ends with the account, in sentences."""
        return []

    def guests_last_seen(self) -> Iterable[tuple[str, datetime]]:
        """Addresses of guests, else phone numbers, else their row, and until when they had something here."""
        return ()

    def erase(self, person: Person, traces: Traces) -> None:
        """Runs within one transaction with all the other parts."""


# Lower apps first; ending and erasing go the other way: what depends on something goes before it.
parts: Registry[Part] = Registry("parts of what is stored about a person")


def build_document(user: User) -> dict[str, Any]:
    """Everything that is stored about the account, secrets aside."""
    return build_document_of(person_of(user))


def build_document_of(person: Person) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for part in parts:
        document |= part.read(person)
    return document


def gather_traces(person: Person) -> Traces:
    subjects = frozenset(subject for part in parts for subject in part.subjects(person))
    given = {word for part in parts for word in part.words(person) if word}
    return Traces(subjects, frozenset(given.union(person.words)))


def list_obstacles(person: Person) -> list[str]:
    return [sentence for part in parts for sentence in part.obstacles(person)]


def list_open_items(person: Person) -> list[OpenItem]:
    # Upper apps first: an offer of a time is declined, not cancelled.
    return [item for part in reversed(parts) for item in part.open_items(person)]


def list_losses(person: Person) -> list[str]:
    return [sentence for part in parts for sentence in part.losses(person)]


def end_quietly(person: Person) -> None:
    for part in reversed(parts):
        part.end_quietly(person)


def erase_person(person: Person) -> None:
    # Gathered before anything is erased: afterwards nothing would lead to the messages.
    traces = gather_traces(person)
    for part in reversed(parts):
        part.erase(person, traces)
