"""Days as columns of time; a timeline is the same, lying down. The number of queries is constant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext as _

from calendars.axis import Axis
from calendars.day_ranges import Days
from calendars.day_totals import Day
from calendars.entries import Entry, read_entries, read_own_entries
from calendars.items import Item, Pen, assign_lanes
from calendars.selection import Selection
from calendars.selectors import CalendarRow, calendar_rows
from reservations.availability import Moment
from reservations.enums import MANAGED
from resources.models import Resource
from scheduling.spans import Span, clip, merge, subtract
from scheduling.zones import day_span, from_minute

DAYTIME = (8 * 60, 18 * 60)
"""Shown where nothing else says which hours matter."""
LEAST_HOURS = 6 * 60
WHOLE_DAY = 23 * 60
"""The shortest day there is: what lasts as long does not say which hours matter."""


@dataclass(frozen=True, slots=True)
class Column:
    """``resource`` is None for one's own bookings."""

    day: date
    resource: Resource | None
    items: list[Item]
    opened: list[str] = field(default_factory=list)
    peak: int = 0
    limit: int = 1
    total: Day | None = None

    @property
    def lanes(self) -> int:
        return max((item.lanes for item in self.items), default=1)

    @property
    def booked(self) -> int:
        """Of one's own bookings."""
        return 0 if self.resource else sum(not item.is_quiet for item in self.items)


@dataclass(frozen=True, slots=True)
class Board:
    """``now`` is the grid line of the present, None outside the part shown; ``opens`` of where it opens."""

    axis: Axis
    columns: list[Column]
    today: date
    now: int | None
    opens: int = 0

    @property
    def ticks(self) -> list[tuple[int, str, str]]:
        return [(self.axis.step(tick.at), tick.label, tick.offset) for tick in self.axis.ticks]


@dataclass(frozen=True, slots=True)
class _ColumnPart:
    day: date
    row: CalendarRow | None
    entries: Sequence[Entry]

    @property
    def opened(self) -> list[Span]:
        return self.within(self.row.opened) if self.row else []

    def within(self, spans: Iterable[Span]) -> list[Span]:
        zone = str(self.row.bookable.zone) if self.row else "UTC"
        return clip(spans, *day_span(self.day, zone))


def build_board(selection: Selection, days: Days, moment: Moment, today: date) -> Board:
    parts = (
        _list_own_parts(selection, days, moment)
        if selection.page is None
        else _list_parts(selection, days, moment)
    )
    axis = Axis(tuple(days.all), selection.zone)
    # One part of the axis for all columns, so that equal times stand at equal heights. Lists have no hours.
    shows_all = selection.all_hours or selection.show == "list"
    axis = axis.part([] if shows_all else _find_edges(axis, parts, sees_all=selection.manages))
    # What says nothing of the hours that matter is still to be seen.
    hidden = _list_hidden(axis, parts)
    axis = axis.part([axis.first, axis.last, *hidden]) if hidden else axis
    pen = Pen(selection, axis)
    columns = [_draw_column(pen, part, moment) for part in parts]
    now = _find_now(axis, days, today, moment)
    opens = axis.step(_find_first_opening(axis, parts)) if now is None else now
    return Board(axis, columns, today, now, opens)


def _find_first_opening(axis: Axis, parts: Sequence[_ColumnPart]) -> int:
    """The start of the day's work where everything is open from midnight on."""
    starts = [axis.at(part.day, start) for part in parts for start, _end in part.opened]
    return min(filter(None, starts), default=DAYTIME[0])


def _find_now(axis: Axis, days: Days, today: date, moment: Moment) -> int | None:
    if not days.first <= today <= days.last:
        return None
    at = axis.at(today, moment.minute)
    return axis.step(at) if axis.first <= at < axis.last else None


def _list_parts(selection: Selection, days: Days, moment: Moment) -> list[_ColumnPart]:
    rows = calendar_rows(selection.resources, days, selection.user, moment)
    if not rows:
        return []
    entries_by_resource = read_entries([row.bookable for row in rows], rows[0].span, selection.user, moment)
    return [
        _ColumnPart(day, row, _entries_on(entries_by_resource.get(row.bookable.id, ()), day, selection.zone))
        for row in rows
        for day in days.all
    ]


def _list_own_parts(selection: Selection, days: Days, moment: Moment) -> list[_ColumnPart]:
    bookings = read_own_bookings(selection, days, moment)
    return [_ColumnPart(day, None, _entries_on(bookings, day, selection.zone)) for day in days.all]


def read_own_bookings(selection: Selection, days: Days, moment: Moment) -> list[Entry]:
    """Empty for visitors who are not signed in."""
    if not (selection.mine and selection.user.is_authenticated):
        return []
    span = day_span(days.first, selection.zone)[0], day_span(days.last, selection.zone)[1]
    return read_own_entries(selection.user, selection.venue, span, moment)


def _entries_on(entries: Sequence[Entry], day: date, zone: str) -> list[Entry]:
    first, last = day_span(day, zone)
    return [entry for entry in entries if entry.start < last and entry.end > first]


def _find_edges(axis: Axis, parts: Sequence[_ColumnPart], *, sees_all: bool) -> list[int]:
    """Where opening hours and bookings begin and end; empty for the whole day.

    What others have counts as well for those who are not told of it as bookings (``sees_all``), unless there
    are opening hours: at night it matters to nobody.
    """
    positions = [at for part in parts for at in _edges_on(axis, part.day, part.opened)]
    has_hours = bool(positions)
    for part in parts:
        # What is lent at any hour says nothing of those that matter where it is always open.
        entries = [entry for entry in part.entries if has_hours or entry.purpose not in MANAGED]
        positions += _edges_on(axis, part.day, [(entry.start, entry.end) for entry in entries])
        if not (has_hours or sees_all):
            positions += _edges_on(axis, part.day, _list_taken(part))
    if not positions:
        is_always = any(_lasts_all_day(axis, part) for part in parts)
        return [] if is_always else list(DAYTIME)
    return [*positions, min(min(positions) + LEAST_HOURS, axis.length)]


def _list_hidden(axis: Axis, parts: Sequence[_ColumnPart]) -> list[int]:
    """Where entries begin and end of which nothing lies in the part shown."""
    return [
        edge
        for part in parts
        for entry in part.entries
        if not axis.shows(axis.at(part.day, entry.start), axis.at(part.day, entry.end))
        for edge in _edges_on(axis, part.day, [(entry.start, entry.end)])
    ]


def _edges_on(axis: Axis, day: date, spans: Iterable[Span]) -> Iterator[int]:
    first, last = day_span(day, axis.zone)
    for start, end in spans:
        is_long = end - start >= min(WHOLE_DAY, last - first)
        # Something of it is to be seen: not only the line at which it begins or ends.
        edges = [start, start + 1] if start > first or not is_long else []
        edges += [end - 1, end] if end < last or not is_long else []
        yield from (axis.at(day, at) for at in edges)


def _lasts_all_day(axis: Axis, part: _ColumnPart) -> bool:
    first, last = day_span(part.day, axis.zone)
    spans = [*part.opened, *((entry.start, entry.end) for entry in part.entries)]
    return any(start <= first and end >= last for start, end in spans)


def _list_taken(part: _ColumnPart) -> list[Span]:
    return [*part.within(part.row.busy if part.row else ()), *((a, z) for a, z, _units in _list_used(part))]


def _draw_column(pen: Pen, part: _ColumnPart, moment: Moment) -> Column:
    items = [pen.draw_gap(part.day, *gap) for gap in pen.axis.gaps(part.day)]
    items += [pen.draw_entry(part.day, entry) for entry in part.entries]
    if part.row is None:
        return Column(part.day, None, assign_lanes(items))
    items += _draw_closures(pen, part)
    items += _mark_what_is_over(_draw_taken(pen, part), moment)
    items += _draw_free(pen, part, part.row, moment)
    opened = [pen.draw("open", part.day, *span) for span in part.opened]
    return Column(
        part.day,
        part.row.resource,
        assign_lanes(items),
        [item.hours for item in opened],
        max((units for _start, _end, units in _list_used(part)), default=0),
        part.row.bookable.limit,
        next((day for day in part.row.days if day.on == part.day and not part.row.is_never_booked), None),
    )


def _draw_closures(pen: Pen, part: _ColumnPart) -> list[Item]:
    """Closures with their reason, then the other hours outside opening."""
    assert part.row  # noqa: S101  (the caller has looked)
    first, last = day_span(part.day, pen.axis.zone)
    closures = [closure for closure in part.row.blocked if closure.start < last and closure.end > first]
    labels = {"holiday": _("Public holiday"), "closure": _("Closed")}
    items = [
        pen.draw(
            "closed", part.day, closure.start, closure.end, text=labels[closure.kind], note=closure.reason
        )
        for closure in closures
    ]
    shut = subtract(
        [(first, last)], merge([*part.opened, *((closure.start, closure.end) for closure in closures)])
    )
    return items + [pen.draw("shut", part.day, *span) for span in shut]


def _list_used(part: _ColumnPart) -> list[tuple[int, int, int]]:
    if part.row is None:
        return []
    first, last = day_span(part.day, str(part.row.bookable.zone))
    return [stretch for stretch in part.row.used if stretch[0] < last and stretch[1] > first]


def _draw_taken(pen: Pen, part: _ColumnPart) -> list[Item]:
    """What others have, without saying who. Managers and staff see the bookings themselves."""
    row = part.row
    if row is None or pen.selection.manages:
        return []
    own_time = merge(entry.blocked for entry in part.entries)
    busy = row.busy if row.used else subtract(row.busy, own_time)
    items = [pen.draw("busy", part.day, *span, text=_("Busy")) for span in part.within(busy) if not row.used]
    for start, end, units in _list_used(part):
        limit = row.bookable.limit
        text = _("%(used)d of %(all)d taken") % {"used": min(units, limit), "all": limit}
        full = units >= limit
        items.append(pen.draw("busy" if full else "used", part.day, start, end, text=text))
    return items


def _mark_what_is_over(items: Iterable[Item], moment: Moment) -> list[Item]:
    now = from_minute(moment.minute)
    return [replace(item, is_over=item.end <= now) for item in items]


def _draw_free(pen: Pen, part: _ColumnPart, row: CalendarRow, moment: Moment) -> list[Item]:
    """Where a booking of the usual length fits; for staff all open hours to come."""
    if not row.resource.is_active or row.is_never_booked:
        return []
    spans = row.free
    if pen.selection.manages:
        spans = clip(subtract(row.opened, row.busy), moment.minute, row.span[1])
    return [pen.draw_free(part.day, row.resource, *span) for span in part.within(spans)]
