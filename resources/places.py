"""The venue and the resources that a request to configure something names."""

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
NOT_HERE = _("This venue has nothing of this identifier.")


class VenueNotFound(NotFound):
    message = _("There is no such venue.")


def named(value: str, path: str = "") -> Q:
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
    venue = Venue.objects.filter(named(name)).first()
    if venue is None or not sees_venue(user, venue):
        raise VenueNotFound
    require_manager(user, venue.pk)
    return venue


def _only_venue(user: "Viewer") -> Venue:
    mine = list(Venue.objects.staffed_by(user, Role.MANAGER).order_by("pk")[:2])
    if not mine:
        raise Forbidden
    if len(mine) > 1:
        refuse("venue", _("You manage several venues: say which."))
    return mine[0]


def managed_place(
    user: "Viewer", venue_name: str | None, resource_name: str | None
) -> tuple[Venue, Resource | None]:
    """A venue, or a resource and its venue, that the user manages; see ``managed_venue``."""
    if resource_name is None:
        return managed_venue(user, venue_name), None
    if venue_name is not None:
        venue = managed_venue(user, venue_name)
        return venue, resource_of(venue, resource_name)
    known = Resource.objects.filter(named(resource_name), venue__in=Venue.objects.staffed_by(user))
    found = list(known.select_related("venue").order_by("pk")[:2])
    if not found:
        seen = Resource.objects.visible_to(user).filter(named(resource_name)).exists()
        raise Forbidden if seen else ResourceNotFound
    if len(found) > 1:
        refuse("resource_id", _("Several venues have a resource of this name: give its id."))
    require_manager(user, found[0].venue_id)
    return found[0].venue, found[0]


def resource_of(venue: Venue, name: str, field: str = "resource_id") -> Resource:
    """The venue's resource of this id or slug. Raises ``InvalidInput``."""
    found = venue.resources.filter(named(name)).first()
    if found is None:
        refuse(field, NOT_HERE)
    return found


def resources_of(venue: Venue, ids: Sequence[UUID], field: str) -> list[Resource]:
    """The venue's resources in the order asked for, each once; one query. Raises ``InvalidInput``."""
    rows = {row.uuid: row for row in venue.resources.filter(uuid__in=ids)}
    if any(each not in rows for each in ids):
        refuse(field, NOT_HERE)
    return [rows[each] for each in dict.fromkeys(ids)]


def row_of(model: type[M], venue: Venue, pk: int, field: str) -> M:
    """The venue's row. Raises ``InvalidInput``."""
    found = model._default_manager.filter(venue=venue, pk=pk).first()
    if found is None:
        refuse(field, NOT_HERE)
    return found


def require_same_venue(venue: Venue, name: str | None) -> None:
    """Raises ``InvalidInput`` when a change names another venue: nothing moves between venues."""
    if name is not None and name.strip() not in (venue.slug, str(venue.uuid), venue.uuid.hex):
        refuse("venue", _("This belongs to a venue and cannot be moved to another."))
