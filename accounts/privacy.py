"""What is stored about a person: shown as one document, ended and forgotten with the account.

Each app registers its part. Every relation of a model to an account is either read by a part or left out
for a stated reason; a test holds the parts to that. The account's row stays, without anything personal:
payments and the history of bookings point to it (docs/decisions/0012-personal-data.md).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from accounts.models import User
from accounts.services.verifying import is_verified
from common.registry import Registry
from common.subjects import Subject


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data it is: an account, and the e-mail address that is proved to be theirs (else empty).

    What was booked without the account, but with that address, is theirs as well.
    """

    user: User
    email: str

    @property
    def words(self) -> list[str]:
        """By what they would be recognised in a text."""
        known = (self.user.email, self.user.get_full_name(), str(self.user.phone or ""))
        return [word for word in known if word]


def person_of(user: User) -> Person:
    return Person(user, user.email if is_verified(user) else "")


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something that is still to come: what it is, what ending it costs, and how to end it.

    Both texts are for the person. ``end`` may raise a ``DomainError``; nothing is ended twice.
    """

    what: str
    cost: str
    end: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Traces:
    """By what a person is found in messages and deliveries: what is theirs, and the words they gave."""

    subjects: frozenset[Subject]
    words: frozenset[str]


class Part:
    """What one app knows of a person, and what it does when they go. Everything is asked anew each time.

    ``covers`` and ``left_out`` name relations as ``app.Model.field``; the latter with the reason.
    """

    sections: ClassVar[Mapping[str, str]] = {}
    """Names of what ``read`` gives, each with what it means where its name does not say."""
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
        """Why the account cannot be closed at all now, in sentences."""
        return []

    def open_items(self, person: Person) -> list[OpenItem]:
        """What would have to be ended first."""
        return []

    def end_quietly(self, person: Person) -> None:
        """Ends what needs nobody's consent, before the open items are ended."""

    def losses(self, person: Person) -> list[str]:
        """What else ends with the account, in sentences."""
        return []

    def erase(self, person: Person, traces: Traces) -> None:
        """Forgets the person, within one transaction with all the other parts."""


parts: Registry[Part] = Registry("parts of what is stored about a person")
"""Lower apps first; ending and erasing go the other way: what stands on something goes before it."""


def document(user: User) -> dict[str, Any]:
    """Everything that is stored about the account, secrets aside."""
    person = person_of(user)
    found: dict[str, Any] = {}
    for part in parts:
        found |= part.read(person)
    return found


def traces_of(person: Person) -> Traces:
    """Gathered before anything is erased."""
    subjects = frozenset(subject for part in parts for subject in part.subjects(person))
    given = {word for part in parts for word in part.words(person) if word}
    return Traces(subjects, frozenset(given.union(person.words)))


def obstacles(person: Person) -> list[str]:
    return [sentence for part in parts for sentence in part.obstacles(person)]


def open_items(person: Person) -> list[OpenItem]:
    """Of the upper apps first: an offer of a time is declined, not cancelled."""
    return [item for part in reversed(parts) for item in part.open_items(person)]


def losses(person: Person) -> list[str]:
    return [sentence for part in parts for sentence in part.losses(person)]


def end_quietly(person: Person) -> None:
    for part in reversed(parts):
        part.end_quietly(person)


def erase(person: Person) -> None:
    traces = traces_of(person)
    for part in reversed(parts):
        part.erase(person, traces)
