"""What a calendar page is asked to show: a venue and its resources, or one's own bookings."""

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
from reservations.models import Reservation
from reservations.permissions import MANAGING, works_at
from resources.enums import Kind
from resources.models import Resource, Venue
from resources.permissions import roles_of, sees_venue
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
    """``named``: the resources asked for one by one; ``resources``: those on this page, of one venue.

    ``zone``: whose wall clock the calendar shows.
    """

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
        """Whether days can be columns: of one resource, or of one's own bookings."""
        return self.page is None or len(self.page.object_list) == 1

    @property
    def works_here(self) -> bool:
        """Whether everybody's bookings at the venue are this person's to see."""
        return self.venue is not None and works_at(self.user, self.venue.pk)

    @property
    def manages(self) -> bool:
        """Whether they may change them."""
        return self.venue is not None and works_at(self.user, self.venue.pk, *MANAGING)

    @property
    def query(self) -> str:
        """The query string of a link to the same things, with its question mark."""
        parts: list[tuple[str, Any]] = []
        if self.venue and not self.named:
            parts.append(("venue", self.venue.slug))
        parts += [("kind", self.kind)] if self.kind else []
        parts += [("resource", str(each.uuid)) for each in self.named]
        parts += [("mine", 1)] if self.mine else []
        parts += [("show", self.show)] if self.show else []
        parts += [("hours", "all")] if self.all_hours else []
        parts += [("page", self.number)] if self.number > 1 else []
        return f"?{urlencode(parts)}" if parts else ""

    def with_(self, **changes: Any) -> "Selection":
        return replace(self, **changes)


def read_selection(params: QueryDict, user: "Viewer") -> Selection:
    """From the query string; without a venue, the first that the person works at, else the first of all.

    Raises ``NotFound`` for what is not theirs to see, ``InvalidInput``, DRF's ``NotAuthenticated``.
    """
    mine = parse_flag(params.get("mine") or "0", "mine")
    if mine and not user.pk:
        raise NotAuthenticated
    names = [name for name in params.getlist("resource") if name]
    if len(names) > MOST_RESOURCES:
        refuse("resource", _("Choose at most %(most)d.") % {"most": MOST_RESOURCES})
    named = tuple(dict.fromkeys(named_resources(names, user, "resource"))) if names else ()
    venue = _venue(params.get("venue", ""), named, user, mine)
    chosen = Selection(
        user,
        venue,
        _choice(params, "kind", Kind.values),
        named,
        mine,
        _choice(params, "show", SHOWN),
        _choice(params, "hours", ("all",)) == "all",
        parse_int(params.get("page") or "1", "page", least=1),
        venue.zone_name if venue else _own_zone(user),
    )
    return chosen.with_(page=_page(chosen))


def _choice(params: QueryDict, field: str, known: Sequence[str]) -> str:
    value = params.get(field, "")
    if value and value not in known:
        refuse(field, _("Choose one of: %(known)s.") % {"known": ", ".join(filter(None, known))})
    return value


def _venue(name: str, named: Sequence[Resource], user: "Viewer", mine: bool) -> Venue | None:
    """Resources of one venue at a time: they share a clock."""
    if name:
        venue = named_venue(name)
        if not sees_venue(user, venue):
            raise ResourceNotFound
    elif named:
        venue = named[0].venue
    else:
        return None if mine else _first_venue(user)
    if any(each.venue_id != venue.pk for each in named):
        refuse("resource", _("These resources belong to different venues."))
    return venue


def _first_venue(user: "Viewer") -> Venue | None:
    found = list(venues_for(user))
    staffed = roles_of(user) if user.pk else {}
    return next((each for each in found if each.pk in staffed), found[0] if found else None)


def _own_zone(user: "Viewer") -> str:
    """As the account prefers, else of the venue of the latest booking."""
    if user.is_authenticated and user.time_zone:
        return str(user.time_zone)
    mine = Reservation.objects.filter(customer_id=user.pk).order_by("-starts_at") if user.pk else None
    found = mine.values_list("venue__time_zone", flat=True).first() if mine is not None else None
    return str(found or "UTC")


def venues_for(user: "Viewer") -> VenueQuerySet:
    """Those with a calendar that the person may look at."""
    if user.is_superuser:
        return Venue.objects.order_by("name", "pk")[:MOST_VENUES]
    staffed = list(roles_of(user)) if user.pk else []
    return Venue.objects.filter(Q(is_active=True) | Q(pk__in=staffed)).order_by("name", "pk")[:MOST_VENUES]


def _page(chosen: Selection) -> Page[Resource] | None:
    if chosen.venue is None or (chosen.mine and not chosen.named):
        return None
    rows = listed(chosen.venue, chosen.user)
    if chosen.kind:
        rows = rows.filter(kind=chosen.kind)
    if chosen.named:
        rows = rows.filter(pk__in=[each.pk for each in chosen.named])
    return Paginator(rows, MOST_RESOURCES).get_page(chosen.number)


def listed(venue: Venue, user: "Viewer") -> ResourceQuerySet:
    """The venue's resources that the person may see, in the venue's own order."""
    rows = Resource.objects.visible_to(user).filter(venue=venue)
    return rows.select_related("venue").order_by("position", "name", "id")
