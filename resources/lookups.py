"""The venue and the resources that a request names."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _

from common.errors import Forbidden, InvalidInput, NotFound
from common.parsing import parse_uuid, refuse
from resources.enums import Role
from resources.models import Resource, Venue
from resources.permissions import require_manager, sees_venue
from resources.selectors import ResourceNotFound

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

M = TypeVar("M", bound=Model)
NOT_HERE = _("This venue has nothing with this ID.")


class VenueNotFound(NotFound):
    message = _("This venue doesn't exist.")


def by_id_or_slug(value: str, path: str = "") -> Q:
    """Rows whose ``uuid`` or ``slug`` (below ``path``, like ``venue__``) is ``value``."""
    try:
        return Q(**{f"{path}uuid": parse_uuid(value)})
    except InvalidInput:
        return Q(**{f"{path}slug": value.strip()})


def managed_venue(user: "Viewer", name: str | None) -> Venue:
    """The venue of this id or slug; without a name, the only one the user manages.

    Raises ``VenueNotFound``, ``Forbidden`` for those who may only look, and ``InvalidInput``.
    """
    if name is None:
        return _only_venue(user)
    venue = Venue.objects.filter(by_id_or_slug(name)).first()
    if venue is None or not sees_venue(user, venue):
        raise VenueNotFound
    require_manager(user, venue.pk)
    return venue


def _only_venue(user: "Viewer") -> Venue:
    venues = list(Venue.objects.staffed_by(user, Role.MANAGER).order_by("pk")[:2])
    if not venues:
        raise Forbidden
    if len(venues) > 1:
        refuse("venue", _("You manage several venues. Choose one."))
    return venues[0]


def managed_place(
    user: "Viewer", venue_name: str | None, resource_name: str | None
) -> tuple[Venue, Resource | None]:
    """A venue, or a resource and its venue, that the user manages; see ``managed_venue``."""
    if resource_name is None:
        return managed_venue(user, venue_name), None
    if venue_name is not None:
        venue = managed_venue(user, venue_name)
        return venue, find_resource(venue, resource_name)
    own_resources = Resource.objects.filter(
        by_id_or_slug(resource_name), venue__in=Venue.objects.staffed_by(user)
    )
    matches = list(own_resources.select_related("venue").order_by("pk")[:2])
    if not matches:
        # Whoever may see it is told that they may not change it; to others it is not there.
        is_visible = Resource.objects.visible_to(user).filter(by_id_or_slug(resource_name)).exists()
        raise Forbidden if is_visible else ResourceNotFound
    if len(matches) > 1:
        refuse("resource_id", _("Several venues have a resource of this name. Use its ID."))
    require_manager(user, matches[0].venue_id)
    return matches[0].venue, matches[0]


def find_resource(venue: Venue, name: str, field: str = "resource_id") -> Resource:
    """The venue's resource of this id or slug. Raises ``InvalidInput``."""
    resource = venue.resources.filter(by_id_or_slug(name)).first()
    if resource is None:
        refuse(field, NOT_HERE)
    return resource


def find_resources(venue: Venue, ids: Sequence[UUID], field: str) -> list[Resource]:
    """The venue's resources in the order asked for, each once; one query. Raises ``InvalidInput``."""
    rows = {row.uuid: row for row in venue.resources.filter(uuid__in=ids)}
    if any(id not in rows for id in ids):
        refuse(field, NOT_HERE)
    return [rows[id] for id in dict.fromkeys(ids)]


def find_row(model: type[M], venue: Venue, pk: int, field: str) -> M:
    """The venue's row. Raises ``InvalidInput``."""
    row = model._default_manager.filter(venue=venue, pk=pk).first()
    if row is None:
        refuse(field, NOT_HERE)
    return row


def require_same_venue(venue: Venue, name: str | None) -> None:
    """Raises ``InvalidInput`` when a change names another venue: nothing moves between venues."""
    if name is not None and name.strip() not in (venue.slug, str(venue.uuid), venue.uuid.hex):
        refuse("venue", _("This can't be moved to another venue."))
