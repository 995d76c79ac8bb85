from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calendars.axis import Axis, offset_of
from calendars.entries import Entry
from calendars.kinds import managed_pages
from calendars.lanes import pack_lanes
from calendars.selection import Selection
from common.templatetags.holdfast import always_open, clock, end_of_day, short_day
from common.venues import MANAGING
from reservations.enums import MANAGED, Purpose, Status
from reservations.links import manage_path
from reservations.models import Reservation
from resources.models import Resource
from resources.permissions import works_at
from scheduling.zones import from_minute

LEAST_STEPS = 4
"""No item is drawn shorter, so that its text fits."""
MOST_LANES = 48
HOUR_STEPS = 12
LONG_STEPS = 36
AS_GOOD_AS_OPEN = timedelta(days=300)
"""What lasts so long has no end that anybody planned, like what is lent for as long as it takes."""
BACKGROUND = ("shut", "gap", "closed")


@dataclass(frozen=True, slots=True)
class Item:
    """``a`` and ``z`` are the grid lines it lies between, in one of several lanes."""

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
    is_over: bool = False

    @property
    def is_quiet(self) -> bool:
        """Not read out: opening hours stand in the column's head."""
        return self.kind in ("shut", "gap")

    @property
    def is_long(self) -> bool:
        """Its words stay in sight while the board is scrolled along it."""
        return self.z - self.a >= LONG_STEPS

    @property
    def status_label(self) -> str:
        """Of what is lent it would say nothing that its being there does not."""
        is_plain = self.kind in MANAGED or self.status in ("", Status.CONFIRMED)
        return "" if is_plain else str(Status(self.status).label)

    @property
    def is_continued(self) -> bool:
        """It began before this day: who has it comes first, then since when."""
        return self.start.date() < self.day

    @property
    def names_first(self) -> bool:
        """Where there is room for one line, when it is can be seen by where it stands."""
        return self.is_continued or (self.kind in MANAGED and self.z - self.a < HOUR_STEPS)

    @property
    def starts(self) -> str:
        return _clock_text(self.start, self.day)

    @property
    def ends(self) -> str:
        return _clock_text(self.end, self.day, end=True)

    @property
    def is_all_day(self) -> bool:
        """From midnight to midnight, however long that is where clocks change."""
        midnights = (self.start.time(), self.end.time()) == (time(0), time(0))
        return midnights and self.end.date() - self.start.date() == timedelta(days=1)

    @property
    def hours(self) -> str:
        """Of what is open."""
        return always_open() if self.is_all_day else f"{self.starts}–{self.ends}"

    @property
    def when(self) -> str:
        if self.end - self.start >= AS_GOOD_AS_OPEN:
            return _("From %(when)s") % {"when": self.starts}
        return _("All day") if self.is_all_day else f"{self.starts}–{self.ends}"


def _clock_text(at: datetime, day: date, *, end: bool = False) -> str:
    """Like ``09:00``; with the date if it is not ``day``, with the offset where the clock shows it twice."""
    shown_day = (at - timedelta(minutes=1)).date() if end else at.date()
    is_midnight = end and shown_day != at.date() and not offset_of(at)
    text = end_of_day() if is_midnight else f"{clock(at)} {offset_of(at)}".strip()
    return text if shown_day == day else f"{short_day(shown_day)}, {text}"


@dataclass(frozen=True, slots=True)
class Pen:
    selection: Selection
    axis: Axis

    def draw(
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
        """UTC minutes. Parts outside the day appear in the text, not in the drawing."""
        a, z = self._lines(day, start, end, least=0 if kind in BACKGROUND else LEAST_STEPS)
        zone = self.axis.zone
        first, last = from_minute(start, zone), from_minute(end, zone)
        return Item(kind, first, last, day, text, note, status, href, a, z)

    def draw_gap(self, day: date, start: int, end: int) -> Item:
        at = datetime.combine(day, datetime.min.time())
        return Item("gap", at, at, day, a=self.axis.step(start), z=self.axis.step_after(end))

    def draw_entry(self, day: date, entry: Entry) -> Item:
        a, z = self._lines(day, entry.start, entry.end, least=LEAST_STEPS)
        return replace(self.describe(day, entry), a=a, z=z)

    def _lines(self, day: date, start: int, end: int, *, least: int) -> tuple[int, int]:
        """Grid lines; short items are lengthened, upwards at the end of the day.

        The same line twice for what lies outside the hours shown: lengthened, it would stand at their edge
        and take room from what is there.
        """
        first, last = self.axis.at(day, start), self.axis.at(day, end)
        a, z = self.axis.step(first), self.axis.step_after(last)
        if not self.axis.shows(first, last):
            return a, a
        z = max(z, min(a + least, self.axis.steps))
        return min(a, max(z - least, 0)), z

    def describe(self, day: date, entry: Entry) -> Item:
        return Item(
            style_of(entry),
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
        parts = [_("Only a part")] if entry.is_part else []
        if entry.party > 1 and entry.purpose == Purpose.BOOKING:
            parts.append(ngettext("%d person", "%d people", entry.party) % entry.party)
        if entry.is_seen and entry.b0 < entry.start:
            parts.append(_("%d min before") % (entry.start - entry.b0))
        if entry.is_seen and entry.b1 > entry.end:
            parts.append(_("%d min after") % (entry.b1 - entry.end))
        if entry.zone and entry.zone != self.axis.zone:
            local_start = from_minute(entry.start, entry.zone)
            parts.append(_("%(time)s in %(zone)s") % {"time": clock(local_start), "zone": entry.zone})
        return " · ".join(parts)

    def _entry_link(self, entry: Entry) -> str:
        is_managing = self.selection.manages or (not entry.is_own and self._manages_any(entry))
        if entry.purpose in MANAGED:
            page = managed_pages.get(entry.purpose) if is_managing or entry.is_own else None
            return page(entry.reservation_id) if page and entry.reservation_id else ""
        if is_managing:
            return reverse("calendar-edit", args=[entry.reservation_id])
        if entry.is_own:
            return manage_path(Reservation(pk=entry.reservation_id, link_version=entry.link_version))
        return ""

    def _manages_any(self, entry: Entry) -> bool:
        return bool(entry.venue_id) and works_at(self.selection.user, entry.venue_id, *MANAGING)

    def draw_free(self, day: date, resource: Resource, start: int, end: int) -> Item:
        at = from_minute(start, self.axis.zone)
        if self.selection.manages:
            parameters = {"resource": resource.uuid, "start": at.isoformat()}
            href = f"{reverse('calendar-new')}?{urlencode(parameters)}"
        else:
            href = f"{reverse('resource-day', args=[resource.uuid])}?date={day.isoformat()}#at-{at:%H%M}"
        return self.draw("free", day, start, end, text=_("Available"), href=href)


def style_of(entry: Entry) -> str:
    if entry.purpose != Purpose.BOOKING:
        return entry.purpose
    if entry.status in (Status.HELD, Status.PENDING, Status.COMPLETED, Status.CHECKED_IN):
        return entry.status
    return "own" if entry.is_own else "booking"


def title_of(entry: Entry) -> str:
    if entry.purpose in MANAGED:
        # Their titles were written in the language of whoever asked for them.
        label = str(Purpose(entry.purpose).label)
        what = ", ".join(entry.things) or ("" if entry.is_own else entry.name)
        return f"{what} · {label}" if what else label
    if entry.purpose != Purpose.BOOKING:
        return entry.title or str(Purpose(entry.purpose).label)
    if entry.things:
        names = entry.title or ", ".join(entry.things)
        return names if entry.is_own else f"{names}: {entry.name}"
    if entry.is_own:
        return _("Your booking")
    return entry.name or str(Status(entry.status).label)


def assign_lanes(items: Sequence[Item]) -> list[Item]:
    background = [item for item in items if item.kind in BACKGROUND]
    foreground = [item for item in items if item.kind not in BACKGROUND and item.a < item.z]
    lane_places = pack_lanes([(item.a, item.z) for item in foreground])
    in_lanes = [
        replace(item, lane=min(place.lane, MOST_LANES - 1), lanes=min(place.lanes, MOST_LANES))
        for item, place in zip(foreground, lane_places, strict=True)
    ]
    return sorted([item for item in background if item.a < item.z] + in_lanes, key=_by_time)


def _by_time(item: Item) -> tuple[bool, int, int, int]:
    return not item.is_quiet, item.a, item.z, item.lane
