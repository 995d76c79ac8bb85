"""Days as columns of time: the resources of one day side by side, or one resource's (or one's own) week.

A timeline is the same, lying down. The number of queries does not depend on what is shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from calendars.axis import Axis
from calendars.entries import Entry, entries_of, own_entries
from calendars.items import Item, Pen, side_by_side
from calendars.ranges import Days
from calendars.selection import Selection
from calendars.selectors import Row, calendar_rows
from reservations.availability import Moment
from resources.models import Resource
from scheduling.spans import Span, clip, merge, subtract
from scheduling.zones import day_span

DAYTIME = (8 * 60, 18 * 60)
"""Shown where nothing says which hours matter."""
LEAST_HOURS = 6 * 60
WHOLE_DAY = 23 * 60
"""As long as the shortest day: what covers it does not say which hours matter."""


@dataclass(frozen=True, slots=True)
class Column:
    """One day of one resource, or of one's own bookings (``resource`` None)."""

    day: date
    resource: Resource | None
    items: list[Item]
    opened: list[tuple[str, str]] = field(default_factory=list)
    peak: int = 0
    limit: int = 1

    @property
    def lanes(self) -> int:
        return max((each.lanes for each in self.items), default=1)


@dataclass(frozen=True, slots=True)
class Board:
    """``now``: the line of the present, where it is within what is shown."""

    axis: Axis
    columns: list[Column]
    today: date
    now: int | None

    @property
    def ticks(self) -> list[tuple[int, str, str]]:
        return [(self.axis.step(each.at), each.label, each.offset) for each in self.axis.ticks]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one column is made of; a day of a row, or only entries."""

    day: date
    row: Row | None
    entries: Sequence[Entry]

    @property
    def opened(self) -> list[Span]:
        return self.within(self.row.opened) if self.row else []

    def within(self, spans: Iterable[Span]) -> list[Span]:
        zone = str(self.row.bookable.zone) if self.row else "UTC"
        return clip(spans, *day_span(self.day, zone))


def board(chosen: Selection, days: Days, moment: Moment, today: date) -> Board:
    """Of one day: a column for each resource; of several: one for each day."""
    parts = _own_parts(chosen, days, moment) if chosen.page is None else _parts(chosen, days, moment)
    axis = Axis(tuple(days.all), chosen.zone)
    axis = axis.part([] if chosen.all_hours else _edges(axis, parts))
    pen = Pen(chosen, axis)
    columns = [_column(pen, part, moment) for part in parts]
    return Board(axis, columns, today, _now(axis, days, today, moment))


def _now(axis: Axis, days: Days, today: date, moment: Moment) -> int | None:
    if not days.first <= today <= days.last:
        return None
    at = axis.at(today, moment.minute)
    return axis.step(at) if axis.first <= at < axis.last else None


def _parts(chosen: Selection, days: Days, moment: Moment) -> list[_Part]:
    rows = calendar_rows(chosen.resources, days, chosen.user, moment)
    if not rows:
        return []
    found = entries_of([row.bookable for row in rows], rows[0].span, chosen.user, moment)
    return [
        _Part(day, row, _on(found.get(row.bookable.id, ()), day, chosen.zone))
        for row in rows
        for day in days.all
    ]


def _own_parts(chosen: Selection, days: Days, moment: Moment) -> list[_Part]:
    found = own_bookings(chosen, days, moment)
    return [_Part(day, None, _on(found, day, chosen.zone)) for day in days.all]


def own_bookings(chosen: Selection, days: Days, moment: Moment) -> list[Entry]:
    """Nobody's for those who are not signed in, or where there is no venue at all."""
    if not (chosen.mine and chosen.user.is_authenticated):
        return []
    span = day_span(days.first, chosen.zone)[0], day_span(days.last, chosen.zone)[1]
    return own_entries(chosen.user, chosen.venue, span, moment)


def _on(entries: Sequence[Entry], day: date, zone: str) -> list[Entry]:
    first, last = day_span(day, zone)
    return [each for each in entries if each.start < last and each.end > first]


def _edges(axis: Axis, parts: Sequence[_Part]) -> list[int]:
    """The hours that matter: where opening hours and bookings begin and end. Nothing: the whole day."""
    found: list[int] = []
    is_always = False
    for part in parts:
        spans = [*part.opened, *((each.start, each.end) for each in part.entries)]
        first, last = day_span(part.day, axis.zone)
        for start, end in spans:
            is_always = is_always or (start <= first and end >= last)
            long = end - start >= min(WHOLE_DAY, last - first)
            # Something of it is to be seen: not only the line at which it begins or ends.
            edges = [start, start + 1] if start > first or not long else []
            edges += [end - 1, end] if end < last or not long else []
            found += [axis.at(part.day, at) for at in edges]
    if not found:
        return [] if is_always else list(DAYTIME)
    return [*found, min(min(found) + LEAST_HOURS, axis.length)]


def _column(pen: Pen, part: _Part, moment: Moment) -> Column:
    items = [pen.gap(part.day, *gap) for gap in pen.axis.gaps(part.day)]
    items += [pen.entry(part.day, each) for each in part.entries]
    if part.row is None:
        return Column(part.day, None, side_by_side(items))
    items += _closed(pen, part)
    items += _taken(pen, part)
    items += _free(pen, part, part.row, moment)
    opened = [pen.drawn("open", part.day, *span) for span in part.opened]
    return Column(
        part.day,
        part.row.resource,
        side_by_side(items),
        [(each.starts, each.ends) for each in opened],
        max((units for _start, _end, units in _used(part)), default=0),
        part.row.bookable.limit,
    )


def _closed(pen: Pen, part: _Part) -> list[Item]:
    """Closures with their reason, and the rest of the hours outside opening."""
    assert part.row  # noqa: S101  (the caller has looked)
    first, last = day_span(part.day, pen.axis.zone)
    found = [each for each in part.row.blocked if each.start < last and each.end > first]
    words = {"holiday": _("Public holiday"), "closure": _("Closed")}
    items = [
        pen.drawn("closed", part.day, each.start, each.end, text=words[each.kind], note=each.reason)
        for each in found
    ]
    shut = subtract([(first, last)], merge([*part.opened, *((each.start, each.end) for each in found)]))
    return items + [pen.drawn("shut", part.day, *span) for span in shut]


def _used(part: _Part) -> list[tuple[int, int, int]]:
    if part.row is None:
        return []
    first, last = day_span(part.day, str(part.row.bookable.zone))
    return [each for each in part.row.used if each[0] < last and each[1] > first]


def _taken(pen: Pen, part: _Part) -> list[Item]:
    """What others have, without who; staff see the bookings themselves."""
    row = part.row
    if row is None or pen.selection.works_here:
        return []
    known = merge(each.blocked for each in part.entries)
    busy = row.busy if row.used else subtract(row.busy, known)
    items = [pen.drawn("busy", part.day, *span, text=_("Busy")) for span in part.within(busy) if not row.used]
    for start, end, units in _used(part):
        limit = row.bookable.limit
        text = _("%(used)d of %(all)d taken") % {"used": min(units, limit), "all": limit}
        full = units >= limit
        items.append(pen.drawn("busy" if full else "used", part.day, start, end, text=text))
    return items


def _free(pen: Pen, part: _Part, row: Row, moment: Moment) -> list[Item]:
    """Where something of the usual length fits; for staff everything that is open and not past."""
    if not row.resource.is_active:
        return []
    spans = row.free
    if pen.selection.manages:
        spans = clip(subtract(row.opened, row.busy), moment.minute, row.span[1])
    return [pen.free(part.day, row.resource, *span) for span in part.within(spans)]
