from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotAuthenticated

from common.parsing import parse_flag, parse_int, refuse
from common.second_factor import is_administrator
from common.venues import MANAGING
from reservations.models import Reservation
from resources.enums import ResourceKind, Role
from resources.models import Resource, Venue
from resources.permissions import roles_of, sees_venue, works_at
from resources.querysets import ResourceQuerySet, VenueQuerySet
from resources.selectors import ResourceNotFound, named_resources, named_venue

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

MOST_RESOURCES = 60
MOST_VENUES = 200
SHOWN = ("", "list")


@dataclass(frozen=True, slots=True)
class Selection:
    """``named`` resources were asked for one by one; ``page`` holds those shown, of one venue."""

    user: "Viewer"
    venue: Venue | None = None
    kind: str = ""
    named: tuple[Resource, ...] = ()
    mine: bool = False
    show: str = ""
    all_hours: bool = False
    number: int = 1
    zone: str = "UTC"
    page: Page[Resource] | None = None

    @property
    def resources(self) -> Sequence[Resource]:
        return list(self.page.object_list) if self.page else []

    @property
    def is_one(self) -> bool:
        """Whether days can be columns: one resource, or one's own bookings."""
        return self.page is None or len(self.page.object_list) == 1

    @property
    def is_narrowed(self) -> bool:
        return bool(self.kind or self.named) or self.number > 1

    @property
    def works_here(self) -> bool:
        return self.venue is not None and works_at(self.user, self.venue.pk)

    @property
    def manages(self) -> bool:
        return self.venue is not None and works_at(self.user, self.venue.pk, *MANAGING)

    @property
    def configures(self) -> bool:
        return self.venue is not None and works_at(self.user, self.venue.pk, Role.MANAGER)

    @property
    def query(self) -> str:
        parts: list[tuple[str, Any]] = []
        if self.venue and not self.named:
            parts.append(("venue", self.venue.slug))
        parts += [("kind", self.kind)] if self.kind else []
        parts += [("resource", str(resource.uuid)) for resource in self.named]
        parts += [("mine", 1)] if self.mine else []
        parts += [("show", self.show)] if self.show else []
        parts += [("hours", "all")] if self.all_hours else []
        parts += [("page", self.number)] if self.number > 1 else []
        return f"?{urlencode(parts)}" if parts else ""

    def with_(self, **changes: Any) -> "Selection":
        return replace(self, **changes)


def read_selection(params: QueryDict, user: "Viewer") -> Selection:
    """By default the first venue that the user works at, else the first of all.

    Raises ``NotFound`` for what the user may not see, ``InvalidInput``, DRF's ``NotAuthenticated``.
    """
    mine = parse_flag(params.get("mine") or "0", "mine")
    if mine and not user.pk:
        raise NotAuthenticated
    names = [name for name in params.getlist("resource") if name]
    if len(names) > MOST_RESOURCES:
        refuse("resource", _("Choose %(most)d or fewer.") % {"most": MOST_RESOURCES})
    named = tuple(dict.fromkeys(named_resources(names, user, "resource"))) if names else ()
    venue = _read_venue(params.get("venue", ""), named, user, mine)
    selection = Selection(
        user,
        venue,
        _read_choice(params, "kind", ResourceKind.values),
        named,
        mine,
        _read_choice(params, "show", SHOWN),
        _read_choice(params, "hours", ("all",)) == "all",
        parse_int(params.get("page") or "1", "page", least=1),
        venue.zone_name if venue else _own_zone(user),
    )
    return selection.with_(page=_make_page(selection))


def _read_choice(params: QueryDict, field: str, allowed: Sequence[str]) -> str:
    value = params.get(field, "")
    if value and value not in allowed:
        refuse(field, _("Choose one of: %(known)s.") % {"known": ", ".join(filter(None, allowed))})
    return value


def _read_venue(name: str, named: Sequence[Resource], user: "Viewer", mine: bool) -> Venue | None:
    if name:
        venue = named_venue(name)
        if not sees_venue(user, venue):
            raise ResourceNotFound
    elif named:
        venue = named[0].venue
    else:
        return None if mine else _first_venue(user)
    if any(resource.venue_id != venue.pk for resource in named):
        refuse("resource", _("These resources belong to different venues."))
    return venue


def _first_venue(user: "Viewer") -> Venue | None:
    venues = list(venues_for(user))
    staffed = roles_of(user) if user.pk else {}
    return next((venue for venue in venues if venue.pk in staffed), venues[0] if venues else None)


def _own_zone(user: "Viewer") -> str:
    if user.is_authenticated and user.time_zone:
        return str(user.time_zone)
    own_bookings = Reservation.objects.filter(customer_id=user.pk).order_by("-starts_at") if user.pk else None
    zone = (
        own_bookings.values_list("venue__time_zone", flat=True).first() if own_bookings is not None else None
    )
    return str(zone or "UTC")


def venues_for(user: "Viewer") -> VenueQuerySet:
    if is_administrator(user):
        return Venue.objects.order_by("name", "pk")[:MOST_VENUES]
    staffed = list(roles_of(user)) if user.pk else []
    return Venue.objects.filter(Q(is_active=True) | Q(pk__in=staffed)).order_by("name", "pk")[:MOST_VENUES]


def _make_page(selection: Selection) -> Page[Resource] | None:
    if selection.venue is None or (selection.mine and not selection.named):
        return None
    resources = resources_in_calendar(selection.venue, selection.user)
    if selection.kind:
        resources = resources.filter(kind=selection.kind)
    if selection.named:
        resources = resources.filter(pk__in=[resource.pk for resource in selection.named])
    return Paginator(resources, MOST_RESOURCES).get_page(selection.number)


def resources_in_calendar(venue: Venue, user: "Viewer") -> ResourceQuerySet:
    resources = Resource.objects.visible_to(user).filter(venue=venue)
    return resources.select_related("venue").order_by("position", "name", "id")
