"""Who may see and change the configuration of a venue."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from common.errors import Forbidden
from resources.enums import Role
from resources.models import Venue, VenueMembership

if TYPE_CHECKING:
    from accounts.models import User


def sees(user: "User | AnonymousUser", venue_id: int) -> bool:
    """Members of the venue, whatever their role; superusers."""
    return _is_member(user, venue_id)


def manages(user: "User | AnonymousUser", venue_id: int) -> bool:
    """Managers of the venue; superusers."""
    return _is_member(user, venue_id, Role.MANAGER)


def sees_venue(user: "User | AnonymousUser", venue: Venue) -> bool:
    """Active ones are everybody's to see, the others their own people's."""
    return venue.is_active or sees(user, venue.pk)


def require_manager(user: "User | AnonymousUser", venue_id: int) -> None:
    """For what the user may see. Raises ``Forbidden``."""
    if not manages(user, venue_id):
        raise Forbidden


def _is_member(user: "User | AnonymousUser", venue_id: int, *roles: str) -> bool:
    if user.is_superuser:
        return True
    role = roles_of(user).get(venue_id)
    return role is not None and (not roles or role in roles)


def roles_of(user: "User | AnonymousUser") -> dict[int, str]:
    """Venue id -> role. Remembered on the user, who lives for one request: a list asks for every row."""
    known: dict[int, str] | None = user.__dict__.get("_roles")
    if known is None:
        rows = VenueMembership.objects.filter(user_id=user.pk) if user.pk else VenueMembership.objects.none()
        known = user.__dict__["_roles"] = dict(rows.values_list("venue_id", "role"))
    return known
