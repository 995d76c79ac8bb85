"""What is stored about a person, as one document. Apps register their part, like those of the tick.

Every relation of a model to an account is either read by a part or left out for a stated reason; a test
holds the parts to that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from accounts.services.verifying import is_verified


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
class Part:
    """What one app knows: names of the document's sections with plain JSON.

    ``covers`` and ``left_out`` name relations as ``app.Model.field``; the latter with the reason.
    """

    read: Callable[[Person], dict[str, Any]]
    covers: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


parts: list[Part] = []
"""Filled by the ``ready`` of the apps."""


def document(user: User) -> dict[str, Any]:
    """Everything that is stored about the account, secrets aside."""
    person = person_of(user)
    found: dict[str, Any] = {}
    for part in parts:
        found |= part.read(person)
    return found
