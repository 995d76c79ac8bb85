"""What an address of a page names, as far as its visitor may see it."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from classes.enums import PRODUCT
from classes.exceptions import SessionNotFound
from classes.models import Session
from classes.permissions import can_view
from classes.selectors import sessions_in_detail
from common.errors import NotFound
from common.venues import directory
from resources.models import Venue
from resources.permissions import sees_venue

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser


def find_venue(user: "Viewer", slug: str) -> Venue:
    """One with classes. Raises ``NotFound``."""
    venue = Venue.objects.filter(slug=slug).first()
    if venue is None or not sees_venue(user, venue) or not directory().offers(venue.pk, PRODUCT):
        raise NotFound
    return venue


def find_session(user: "Viewer", slug: str, session_id: int) -> Session:
    """Raises ``NotFound`` and ``SessionNotFound``."""
    venue = find_venue(user, slug)
    session = sessions_in_detail().filter(venue=venue, pk=session_id).first() if is_key(session_id) else None
    if session is None or not can_view(user, session):
        raise SessionNotFound
    return session


def is_key(number: int) -> bool:
    return 0 < number < 2**63
