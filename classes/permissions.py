"""Who may do what; whether the state allows it is up to the services.

Sessions are public once they are published. A facilitator sees rosters and money of what they lead, and
nothing else of the venue; managers and staff see all.
"""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from classes.models import Facilitator, SeatBooking, Session
from common.venues import MANAGING
from resources.permissions import manages, sees_venue, works_at

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser


def manages_classes(user: "Viewer", venue_id: int) -> bool:
    return works_at(user, venue_id, *MANAGING)


def leads(user: "Viewer", session: Session) -> bool:
    """As long as they work there."""
    is_theirs = bool(user.pk) and session.facilitator.user_id == user.pk
    return is_theirs and session.facilitator.is_approved and works_at(user, session.venue_id)


def can_view(user: "Viewer", session: Session) -> bool:
    """Drafts are for whoever leads or manages them."""
    if session.published_at is not None and sees_venue(user, session.venue):
        return True
    return can_manage(user, session)


def can_manage(user: "Viewer", session: Session) -> bool:
    """Change, move, cancel, see the roster and the money, record who came, find a substitute."""
    return manages_classes(user, session.venue_id) or leads(user, session)


can_see_roster = can_manage


def can_create(user: "Viewer", facilitator: Facilitator) -> bool:
    """For oneself, once approved; managers and staff for everybody."""
    if manages_classes(user, facilitator.venue_id):
        return True
    return is_own_profile(user, facilitator) and works_at(user, facilitator.venue_id)


def is_own_profile(user: "Viewer", facilitator: Facilitator) -> bool:
    return bool(user.pk) and facilitator.user_id == user.pk


def can_see_pay(user: "Viewer", facilitator: Facilitator) -> bool:
    return manages(user, facilitator.venue_id) or is_own_profile(user, facilitator)


def can_settle_pay(user: "Viewer", venue_id: int) -> bool:
    return manages(user, venue_id)


def can_approve(user: "Viewer", venue_id: int) -> bool:
    """Decide who leads sessions: it gives them a role."""
    return manages(user, venue_id)


def can_substitute(user: "Viewer", session: Session, facilitator: Facilitator) -> bool:
    """Staff name anybody; colleagues offer themselves while somebody is wanted."""
    if manages_classes(user, session.venue_id):
        return True
    is_asked = session.substitute_wanted_at is not None and works_at(user, session.venue_id)
    return is_asked and is_own_profile(user, facilitator)


def is_own(user: "Viewer", seat: SeatBooking) -> bool:
    return bool(user.pk) and seat.customer_id == user.pk


def can_view_booking(user: "Viewer", seat: SeatBooking) -> bool:
    return is_own(user, seat) or can_see_roster(user, seat.session)


def led_reservations(user: "User") -> Q:
    """A scope of facilitators: their sessions, and the seats in them."""
    is_approved = {"user": user.pk, "approved_at__isnull": False}
    of_session = Q(**{f"class_session__facilitator__{name}": value for name, value in is_approved.items()})
    of_seat = {f"seat_booking__session__facilitator__{name}": value for name, value in is_approved.items()}
    return of_session | Q(**of_seat)
