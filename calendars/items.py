"""What stands in a calendar: one thing with its words, its link and its place. No queries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calendars.axis import Axis, offset_of
from calendars.entries import Entry
from calendars.lanes import lanes
from calendars.selection import Selection
from common.templatetags.holdfast import clock, short_day
from reservations.enums import Purpose, Status
from reservations.links import manage_path
from reservations.models import Reservation
from reservations.permissions import MANAGING, works_at
from resources.models import Resource
from scheduling.zones import from_minute

LEAST_STEPS = 4
"""No item is drawn shorter: its words must fit in."""
MOST_LANES = 48
BACKGROUND = ("shut", "gap", "closed")


@dataclass(frozen=True, slots=True)
class Item:
    """``kind``: how it looks; ``a`` and ``z``: the lines between which it stands, in a lane of several."""

    kind: str
    start: datetime
    end: datetime
    day: date
    text: str = ""
    note: str = ""
    status: str = ""
    href: str = ""
    a: int = 0
    z: int = 0
    lane: int = 0
    lanes: int = 1
    reservation_id: UUID | None = None
    version: int = 0

    @property
    def is_quiet(self) -> bool:
        """Only to be seen: the hours of opening are in the column's head."""
        return self.kind in ("shut", "gap")

    @property
    def status_label(self) -> str:
        """Confirmed is what bookings are; everything else is said."""
        return "" if self.status in ("", Status.CONFIRMED) else str(Status(self.status).label)

    @property
    def starts(self) -> str:
        return _reading(self.start, self.day)

    @property
    def ends(self) -> str:
        return _reading(self.end, self.day, end=True)


def _reading(at: datetime, day: date, *, end: bool = False) -> str:
    """``09:00``; with the day where that is another one, and the offset where the clock shows it twice."""
    shown = (at - timedelta(minutes=1)).date() if end else at.date()
    is_midnight = end and shown != at.date() and not offset_of(at)
    text = "24:00" if is_midnight else f"{clock(at)} {offset_of(at)}".strip()
    return text if shown == day else f"{short_day(shown)}, {text}"


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes the items of one calendar."""

    selection: Selection
    axis: Axis

    def drawn(
        self,
        kind: str,
        day: date,
        start: int,
        end: int,
        *,
        text: str = "",
        note: str = "",
        status: str = "",
        href: str = "",
    ) -> Item:
        """From ``start`` to ``end``, UTC minutes; what lies outside the day is said, not drawn."""
        a, z = self._lines(day, start, end, least=0 if kind in BACKGROUND else LEAST_STEPS)
        zone = self.axis.zone
        first, last = from_minute(start, zone), from_minute(end, zone)
        return Item(kind, first, last, day, text, note, status, href, a, z)

    def gap(self, day: date, start: int, end: int) -> Item:
        """What the clock skips on this day; places of the axis."""
        at = datetime.combine(day, datetime.min.time())
        return Item("gap", at, at, day, a=self.axis.step(start), z=self.axis.step_after(end))

    def entry(self, day: date, entry: Entry) -> Item:
        a, z = self._lines(day, entry.start, entry.end, least=LEAST_STEPS)
        return replace(self.brief(day, entry), a=a, z=z)

    def _lines(self, day: date, start: int, end: int, *, least: int) -> tuple[int, int]:
        """Between which it stands; short ones are drawn longer, at the end of the day upwards."""
        a, z = self.axis.step(self.axis.at(day, start)), self.axis.step_after(self.axis.at(day, end))
        z = max(z, min(a + least, self.axis.steps))
        return min(a, max(z - least, 0)), z

    def brief(self, day: date, entry: Entry) -> Item:
        """Without a place, for lists and cells."""
        return Item(
            kind_of(entry),
            from_minute(entry.start, self.axis.zone),
            from_minute(entry.end, self.axis.zone),
            day,
            title_of(entry),
            self._note(entry),
            entry.status,
            self._entry_link(entry),
            reservation_id=entry.reservation_id,
            version=entry.version,
        )

    def _note(self, entry: Entry) -> str:
        parts = []
        if entry.party > 1 and entry.purpose == Purpose.BOOKING:
            parts.append(ngettext("%d person", "%d people", entry.party) % entry.party)
        if entry.is_seen and entry.b0 < entry.start:
            parts.append(_("%d min before") % (entry.start - entry.b0))
        if entry.is_seen and entry.b1 > entry.end:
            parts.append(_("%d min after") % (entry.b1 - entry.end))
        if entry.zone and entry.zone != self.axis.zone:
            local = from_minute(entry.start, entry.zone)
            parts.append(_("%(time)s in %(zone)s") % {"time": clock(local), "zone": entry.zone})
        return " · ".join(parts)

    def _entry_link(self, entry: Entry) -> str:
        if self.selection.manages or (not entry.is_own and self._manages_any(entry)):
            return reverse("calendar-edit", args=[entry.reservation_id])
        if entry.is_own:
            return manage_path(Reservation(pk=entry.reservation_id, link_version=entry.link_version))
        return ""

    def _manages_any(self, entry: Entry) -> bool:
        return bool(entry.venue_id) and works_at(self.selection.user, entry.venue_id, *MANAGING)

    def free(self, day: date, resource: Resource, start: int, end: int) -> Item:
        """Leads to booking it."""
        at = from_minute(start, self.axis.zone)
        if self.selection.manages:
            asked = {"resource": resource.uuid, "start": at.isoformat()}
            href = f"{reverse('calendar-new')}?{urlencode(asked)}"
        else:
            href = f"{reverse('resource-day', args=[resource.uuid])}?date={day.isoformat()}#at-{at:%H%M}"
        return self.drawn("free", day, start, end, text=_("Free"), href=href)


def kind_of(entry: Entry) -> str:
    """How it looks: by what it is for, and for bookings by their state."""
    if entry.purpose != Purpose.BOOKING:
        return entry.purpose
    if entry.status in (Status.HELD, Status.PENDING, Status.COMPLETED, Status.CHECKED_IN):
        return entry.status
    return "own" if entry.is_own else "booking"


def title_of(entry: Entry) -> str:
    """What everybody may read, or who comes for those who may know."""
    if entry.purpose != Purpose.BOOKING:
        return entry.title or str(Purpose(entry.purpose).label)
    if entry.things:
        named = ", ".join(entry.things)
        return named if entry.is_own else f"{named}: {entry.name}"
    if entry.is_own:
        return _("Your booking")
    return entry.name or str(Status(entry.status).label)


def side_by_side(items: Sequence[Item]) -> list[Item]:
    """With lanes, by what is drawn; in the order of time, the background first."""
    behind = [each for each in items if each.kind in BACKGROUND]
    before = [each for each in items if each.kind not in BACKGROUND and each.a < each.z]
    places = lanes([(each.a, each.z) for each in before])
    placed = [
        replace(each, lane=min(place.lane, MOST_LANES - 1), lanes=min(place.lanes, MOST_LANES))
        for each, place in zip(before, places, strict=True)
    ]
    return sorted([each for each in behind if each.a < each.z] + placed, key=_by_time)


def _by_time(item: Item) -> tuple[bool, int, int, int]:
    return not item.is_quiet, item.a, item.z, item.lane
