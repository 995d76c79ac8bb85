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
    if not user.pk:
        return False
    found = VenueMembership.objects.filter(user_id=user.pk, venue_id=venue_id)
    return (found.filter(role__in=roles) if roles else found).exists()
