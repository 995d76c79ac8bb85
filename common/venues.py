"""Venues as the apps below `resources` know them: roles, and answers that `resources` registers."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.registry import Registry

if TYPE_CHECKING:
    from accounts.models import User
    from resources.models import Venue
    from resources.querysets import VenueQuerySet
Viewer: TypeAlias = "User | AnonymousUser"
T = TypeVar("T")


class Role(models.TextChoices):
    MANAGER = "manager", _("Manager")
    STAFF = "staff", _("Staff")
    FACILITATOR = "facilitator", _("Facilitator")


MANAGING = (Role.MANAGER, Role.STAFF)
"""Roles that see and change all bookings of a venue; facilitators only see those that they lead."""


class ResourceKey(NamedTuple):
    id: int
    venue_id: int


class Recipient(NamedTuple):
    """``user_id`` is None for the venue's own address."""

    email: str
    name: str
    user_id: UUID | None


@dataclass(frozen=True, slots=True)
class VenuePart(Generic[T]):
    """Something of a venue that is asked often and changes seldom, cached beside its configuration.

    ``load`` is given the database's alias and the venue's id. Whoever changes the rows it reads calls
    ``directory().touch`` in the same transaction.
    """

    name: str
    load: Callable[[str, int], T]


venue_parts: Registry[VenuePart[Any]] = Registry("parts of venues")


class Directory(Protocol):
    def part(self, venue_id: int, part: VenuePart[T]) -> T:
        """What the registered part has loaded; one query while nothing has changed."""

    def touch(self, part: VenuePart[Any], venue_ids: Collection[int] | None = None) -> None:
        """Make every process load the part again; for all venues when none is named."""

    def visible_venue(self, name: str, user: Viewer) -> "Venue":
        """By id or slug. Raises ``NotFound``, also where it may not be seen."""

    def managed_venue(self, name: str, user: Viewer) -> "Venue":
        """Raises ``NotFound``, ``Forbidden``."""

    def visible_resources(self, names: Sequence[str], user: Viewer, field: str) -> list[ResourceKey]:
        """By ids or slugs. Raises ``NotFound``; ``InvalidInput`` names ``field``."""

    def staffed_by(self, user: Viewer, *roles: str) -> "VenueQuerySet":
        """Where ``user`` has one of ``roles``, any role when none is named; all for superusers."""

    def manages_bookings(self, user: Viewer, venue_ids: Collection[int]) -> frozenset[int]:
        """Those of these venues where ``user`` has one of the roles ``MANAGING``; all for superusers."""

    def works_anywhere(self, user: Viewer) -> bool:
        """Whether ``user`` has a role at any venue; true for superusers."""

    def manages_anywhere(self, user: Viewer) -> bool:
        """Whether ``user`` is a manager of any venue; true for superusers. No query once roles are known."""

    def offers(self, venue_id: int, product: str) -> bool:
        """Whether the product is switched on there; no query while nothing has changed."""

    def offering(self, product: str) -> "VenueQuerySet":
        """The open venues where it is switched on."""

    def products_of(self, venue_ids: Collection[int]) -> dict[str, set[int]]:
        """By product those of these venues that are open and offer it; one query, none without a venue."""

    def products_offered(self, *, by: "VenueQuerySet | None" = None) -> frozenset[str]:
        """What open venues offer, of all or of these; one query."""

    def told_of_bookings(self, venue_id: int, *, decides: bool = False) -> list[Recipient]:
        """Managers and staff who want to be told; if there are none, the venue.

        ``decides``: its managers alone, as long as one of them wants to be told.
        """


reserved_words: Registry[tuple[str, ...]] = Registry("words that are no venue's address")
"""Where a product's pages stand beside those of its venues."""


def check_address(slug: str) -> None:
    """Raises Django's ``ValidationError`` for a word that pages of ours have."""
    if any(slug.casefold() in words for words in reserved_words):
        raise ValidationError(_("Our own pages use this address. Choose another one."))


directories: Registry[Directory] = Registry("directories of venues")


def directory() -> Directory:
    return directories["resources"]
