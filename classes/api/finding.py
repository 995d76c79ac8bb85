"""Whom and what a request is about; who may not, is told so here."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from accounts.api.views import account_of
from accounts.models import User
from classes.enums import PlaceKind
from classes.exceptions import BookingNotFound, NotApproved, ProfileNotFound, SessionNotFound
from classes.lists import list_class_venues
from classes.models import Facilitator, SeatBooking, Session, Studio
from classes.permissions import can_create, can_manage, can_view, can_view_booking
from classes.selectors import sessions_in_detail
from common.errors import Forbidden
from common.parsing import refuse
from reservations.api.inputs import Viewer
from resources.lookups import NOT_HERE, VenueNotFound, by_id_or_slug
from resources.models import Venue
from resources.permissions import works_anywhere, works_at


def find_any_profile(user: User, venue_name: str | None = None) -> Facilitator:
    """One's own, of those at several venues the one that was approved first.

    Raises ``Forbidden`` for other people, ``ProfileNotFound`` for a venue's team.
    """
    rows = Facilitator.objects.filter(user=user).select_related("venue", "default_place__seats")
    if venue_name:
        rows = rows.filter(by_id_or_slug(venue_name, "venue__"))
    profile = rows.order_by(F("approved_at").asc(nulls_last=True), "pk").first()
    if profile is None:
        raise ProfileNotFound if works_anywhere(user) else Forbidden
    return profile


def find_profile(user: User, venue_name: str | None = None) -> Facilitator:
    """The same, approved and still at work. Raises ``NotApproved`` and ``Forbidden``, too."""
    profile = find_any_profile(user, venue_name)
    if not profile.is_approved:
        raise NotApproved
    if not works_at(user, profile.venue_id):
        raise Forbidden
    return profile


def own_profile(request: Request) -> Facilitator:
    return find_profile(account_of(request), request.query_params.get("venue"))


def find_facilitator(user: Viewer, id: int) -> Facilitator:
    """Raises ``ProfileNotFound``, also for those who are only known to their venue."""
    rows = Facilitator.objects.select_related("venue", "user", "default_place__seats")
    found = rows.filter(pk=id).first()
    if found is None:
        raise ProfileNotFound
    is_public = found.is_approved and found.is_public and found.venue.is_active
    if not (is_public or works_at(user, found.venue_id) or found.user_id == user.pk):
        raise ProfileNotFound
    return found


def find_creator(user: User, data: dict[str, Any]) -> Facilitator:
    """Whose session it will be. Raises as ``find_profile``, and ``Forbidden`` for others' sessions."""
    if "facilitator_id" not in data:
        return find_profile(user, data.get("venue"))
    facilitator = find_facilitator(user, data["facilitator_id"])
    if not can_create(user, facilitator):
        raise Forbidden
    return facilitator


def find_session(user: Viewer, id: int) -> Session:
    """Raises ``SessionNotFound``, also for drafts of others."""
    session = sessions_in_detail().filter(pk=id).first()
    if session is None or not can_view(user, session):
        raise SessionNotFound
    return session


def find_managed_session(user: Viewer, id: int) -> Session:
    """Raises ``SessionNotFound``, ``NotApproved``, and ``Forbidden`` for those who may only look."""
    session = find_session(user, id)
    if not can_manage(user, session):
        is_theirs = session.facilitator.user_id == user.pk
        raise NotApproved if is_theirs and not session.facilitator.is_approved else Forbidden
    return session


def find_booking(user: Viewer, id: int) -> SeatBooking:
    """For whose it is, who leads the session, and the venue. Raises ``BookingNotFound``."""
    related = ("reservation__customer", "reservation__venue", "session__venue", "session__facilitator")
    rows = SeatBooking.objects.select_related(*related, "reservation__bill", "tier", "pass_use")
    seat = rows.filter(pk=id).exclude(reservation__status="held").first()
    if seat is None or not can_view_booking(user, seat):
        raise BookingNotFound
    return seat


def find_class_venue(name: str | None) -> Venue:
    """The one of that id or slug, or the only one. Raises ``VenueNotFound`` and ``InvalidInput``."""
    venues = list_class_venues(name)
    if len(venues) != 1:
        refuse("venue", CHOOSE_VENUE if venues else _find_out_why(name))
    return venues[0]


CHOOSE_VENUE = _("Choose one of the venues with classes.")
NO_CLASSES = _("This venue has no classes.")
NONE_ANYWHERE = _("There are no classes here yet.")


def _find_out_why(name: str | None) -> Promise:
    """Raises ``VenueNotFound``."""
    if not name:
        return NONE_ANYWHERE
    if not Venue.objects.filter(by_id_or_slug(name), is_active=True).exists():
        raise VenueNotFound
    return NO_CLASSES


def read_place(venue: Venue, name: str) -> dict[str, Any]:
    """``place``, or ``place_kind`` for anywhere of a kind. Raises ``InvalidInput``."""
    wanted = name.strip()
    if wanted in (PlaceKind.ONLINE, PlaceKind.OFF_SITE):
        return {"place_kind": PlaceKind(wanted)}
    return {"place": find_studio(venue, wanted)}


def find_studio(venue: Venue, name: str) -> Studio:
    """By its id or its name. Raises ``InvalidInput``."""
    is_named = Q(name=name)
    if name.isascii() and name.isdigit() and len(name) < 19:
        is_named |= Q(pk=int(name))
    studio = Studio.objects.filter(is_named, venue=venue).select_related("seats", "room").first()
    if studio is None:
        refuse("place", NOT_HERE)
    return studio


def zone_of(request: Request) -> ZoneInfo:
    """By whose clock days are meant: that of the venue which is named, or of the first with classes."""
    params = request.query_params
    if not {"from", "to", "week"} & params.keys():
        return ZoneInfo("UTC")
    venues = list_class_venues(params.get("venue"))
    return venues[0].zone if venues else ZoneInfo("UTC")
