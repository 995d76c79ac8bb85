"""What calendar feeds can show. Apps above register kinds of their own."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from common.registry import Registry
from resources.models import Resource, Venue

if TYPE_CHECKING:
    from accounts.models import User
    from calendars.ical import IcalEvent
    from calendars.ical_rows import Reader
    from calendars.models import CalendarFeed


class BuiltInKind(StrEnum):
    CUSTOMER = "customer"
    RESOURCE = "resource"
    RESOURCE_STAFF = "resource_staff"
    VENUE = "venue"
    FACILITATOR = "facilitator"


class Thing(StrEnum):
    """What a feed is of, besides its owner; the value is the API's field that names it."""

    NOTHING = ""
    RESOURCE = "resource_id"
    VENUE = "venue"


@dataclass(frozen=True, slots=True)
class FeedChoice:
    key: str
    label: str
    kind: str
    resource: Resource | None = None
    venue: Venue | None = None


class FeedDates(Protocol):
    """What a kind shows that is not when something is booked, such as when it is due."""

    def select(self, feed: "CalendarFeed", first: datetime, last: datetime) -> "QuerySet[Any]":
        """Rows with ``venue``, ``version`` and ``updated_at``, in the order of the feed."""

    def make_event(self, row: Any, reader: "Reader") -> "IcalEvent":
        """In the active language."""


@dataclass(frozen=True, slots=True)
class FeedKind:
    """``is_allowed`` is asked at every request: user, resource, venue."""

    label: str | Promise
    is_allowed: Callable[["User | AnonymousUser", Resource | None, Venue | None], bool]
    reservations: Callable[["CalendarFeed"], Q]
    """What is shown: everything that occupies something is a reservation."""
    choices: Callable[["User", Sequence[Venue]], Iterable[FeedChoice]]
    thing: Thing = Thing.NOTHING
    is_own: bool = False
    """Told to the customer themselves, with an alarm, and without who is coming."""
    shows_only_times: bool = False
    dates: FeedDates | None = None
    """In place of ``reservations``."""


kinds: Registry[FeedKind] = Registry("kinds of feeds")


def kind_choices() -> list[tuple[str, str | Promise]]:
    return [(name, kind.label) for name, kind in kinds.items()]


managed_pages: Registry[Callable[[UUID], str]] = Registry("pages of what products manage")
"""By purpose: where staff, and whose it is, find the row behind a reservation in the charge of a product."""
