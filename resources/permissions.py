from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from common.errors import Forbidden
from common.second_factor import is_administrator, withhold_roles
from resources.catalog import catalog_at_hand
from resources.enums import Role
from resources.models import Venue, VenueMembership
from resources.team import TEAM

if TYPE_CHECKING:
    from accounts.models import User

RANKS = {Role.FACILITATOR: 1, Role.STAFF: 2, Role.MANAGER: 3}


def works_at(user: "User | AnonymousUser", venue_id: int, *roles: str) -> bool:
    """With any of ``roles``, or any role at all if none is named; superusers have all."""
    if is_administrator(user):
        return True
    if not user.pk:
        return False
    role = role_at(user, venue_id)
    return role is not None and (not roles or role in roles)


def sees(user: "User | AnonymousUser", venue_id: int) -> bool:
    return works_at(user, venue_id)


def manages(user: "User | AnonymousUser", venue_id: int) -> bool:
    return works_at(user, venue_id, Role.MANAGER)


def grantable_roles(user: "User | AnonymousUser", venue_id: int) -> tuple[Role, ...]:
    """Roles that ``user`` may give others there: up to their own, and only managers may."""
    if not (user.is_active and manages(user, venue_id)):
        return ()
    own_role = Role(role_at(user, venue_id) or Role.MANAGER)  # superusers need none
    return tuple(role for role in Role if is_administrator(user) or RANKS[role] <= RANKS[own_role])


def works_anywhere(user: "User | AnonymousUser") -> bool:
    return is_administrator(user) or bool(roles_of(user))


def manages_anywhere(user: "User | AnonymousUser") -> bool:
    return is_administrator(user) or Role.MANAGER in roles_of(user).values()


def sees_venue(user: "User | AnonymousUser", venue: Venue) -> bool:
    # Active venues are public, the others are for their own people.
    return venue.is_active or sees(user, venue.pk)


def require_manager(user: "User | AnonymousUser", venue_id: int) -> None:
    """Raises ``Forbidden``."""
    if not manages(user, venue_id):
        raise Forbidden


def recall_role(user: "User | AnonymousUser", venue: Venue) -> None:
    """Spares a query for the role: ``venue`` has just been read, and so has its configuration."""
    cached_catalog = catalog_at_hand(venue)
    if cached_catalog is not None and user.pk:
        user.__dict__.setdefault("_recalled_roles", {})[venue.pk] = cached_catalog.part(TEAM).roles.get(
            user.pk
        )


def role_at(user: "User | AnonymousUser", venue_id: int) -> str | None:
    """None for those who do not work there. Remembered like all of ``roles_of``."""
    recalled: dict[int, str | None] = user.__dict__.get("_recalled_roles", {})
    role = recalled[venue_id] if venue_id in recalled else _read_roles(user).get(venue_id)
    return None if role is None or withhold_roles(user) else role


def roles_of(user: "User | AnonymousUser") -> dict[int, str]:
    """Venue id -> role."""
    roles = _read_roles(user)
    return {} if roles and withhold_roles(user) else roles


def _read_roles(user: "User | AnonymousUser") -> dict[int, str]:
    # Kept on the user, who lives for one request: a list asks for every row.
    roles: dict[int, str] | None = user.__dict__.get("_roles")
    if roles is None:
        rows = VenueMembership.objects.filter(user_id=user.pk) if user.pk else VenueMembership.objects.none()
        roles = user.__dict__["_roles"] = dict(rows.values_list("venue_id", "role"))
    return roles
