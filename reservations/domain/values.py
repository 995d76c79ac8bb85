from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from common.addresses import normal_email
from common.second_factor import is_administrator
from reservations.enums import Purpose, Source
from reservations.policies import Booker
from resources.permissions import role_at


@dataclass(frozen=True, slots=True)
class ItemRequest:
    """One resource, any one of a group, or the first of ``any_of`` (resource ids, best first) that is free.

    ``takes_all``: all its units, however many there are.
    """

    resource_id: int | None = None
    group_id: int | None = None
    quantity: int = 1
    any_of: tuple[int, ...] = ()
    takes_all: bool = False


def all_units_of(resource_ids: Iterable[int]) -> list[ItemRequest]:
    return [ItemRequest(resource_id, takes_all=True) for resource_id in resource_ids]


LONGEST_NAME = 200
"""As bookings keep it: first and last name of an account, or its address, may be longer."""


@dataclass(frozen=True, slots=True)
class Customer:
    """An account, or a guest with name and email address (in one spelling).

    Whom staff book for may have only a name or a phone number.
    """

    user: User | None = None
    name: str = ""
    email: str = ""
    phone: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "email", normal_email(self.email))

    @property
    def is_somebody(self) -> bool:
        return bool(self.name or self.email or self.phone)

    @property
    def contact(self) -> str:
        """By what guests are told apart; empty for a name alone, which could be anybody's."""
        return self.email or self.phone

    @classmethod
    def from_user(cls, user: User) -> "Customer":
        name = (user.get_full_name() or user.email)[:LONGEST_NAME]
        return cls(user, name, user.email, str(user.phone or ""))


@dataclass(frozen=True, slots=True)
class Reply:
    """Answers by question id: ``yes`` or ``no``, a choice, a number with a decimal point, or free text.

    ``texts_agreed``: a ``Consent`` to text messages about this booking, or nothing.
    """

    answers: Mapping[int, str] = field(default_factory=dict)
    accepts_terms: bool = False
    texts_agreed: str = ""

    @property
    def recorded(self) -> dict[str, list[str]]:
        """What the history keeps of it."""
        return {"texts_agreed_how": ["", self.texts_agreed]} if self.texts_agreed else {}


NO_REPLY = Reply()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and through which door; ``manages`` only where a product acts on what it is in charge of."""

    user: User | None = None
    source: Source = Source.WEB
    manages: Purpose | None = None


SYSTEM = Actor(source=Source.SYSTEM)
"""What happens by itself, because of the hour."""


@dataclass(frozen=True, slots=True)
class ReservationChanges:
    """New values; None keeps the old one.

    ``resources`` maps booked resources to their replacements, by id; ``items`` are all of them anew, for what
    is nobody's booking. ``keep_price`` is for changes by the venue. ``customer_asked``: what staff change
    counts as their customer's own change. ``texts_agreed``: a ``Consent`` to text messages, or an empty text
    for its end.
    """

    start: datetime | None = None
    end: datetime | None = None
    party_size: int | None = None
    requests: str | None = None
    texts_agreed: str | None = None
    customer: Customer | None = None
    resources: Mapping[int, int] | None = None
    items: tuple[ItemRequest, ...] | None = None
    keep_price: bool = False
    customer_asked: bool = False


def booker_for(actor: Actor, venue_id: int) -> Booker:
    """What the rules need to know of ``actor``. Imports and products act as staff do."""
    if actor.source == Source.IMPORT or actor.manages:
        return Booker(is_signed_in=True, is_member=True, is_staff=True)
    user = actor.user
    if user is None:
        return Booker()
    works_here = is_administrator(user) or role_at(user, venue_id) is not None
    return Booker(
        is_signed_in=True, is_member=works_here, is_staff=works_here and actor.source == Source.STAFF
    )
