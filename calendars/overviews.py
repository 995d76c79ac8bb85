"""Days as cells: a month, or the week of many resources."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse

from calendars.axis import Axis
from calendars.boards import own_bookings
from calendars.entries import PUBLIC, Entry, entries_of
from calendars.items import Item, Pen
from calendars.ranges import Days
from calendars.selection import Selection
from calendars.selectors import Day, Row, calendar_rows
from reservations.availability import Moment
from reservations.enums import Purpose
from resources.models import Resource
from scheduling.zones import day_span

FEW = 3
"""Items in a cell; the day has the others."""
MOST_ITEMS = 400
"""Of a page: with many rows each cell shows fewer."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One local date. ``free``: of how many resources (or starts, of one resource) something is free."""

    day: date
    href: str
    items: list[Item] = field(default_factory=list)
    more: int = 0
    bookings: int = 0
    free: int = 0
    open: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """A resource's days."""

    resource: Resource
    cells: list[Cell]


def week_rows(chosen: Selection, days: Days, moment: Moment) -> list[Week]:
    """A row for each resource, a cell for each day."""
    found = []
    pen = Pen(chosen, Axis(tuple(days.all), chosen.zone))
    rows = _rows(chosen, days, moment)
    few = min(FEW, MOST_ITEMS // (7 * max(len(rows), 1)))
    for row, entries in rows:
        on = by_day(entries, days, chosen.zone)
        link = chosen.with_(named=(row.resource,), kind="", number=1)
        cells = [_cell_of_one(pen, link, day, on[day.on], row, few) for day in row.days]
        found.append(Week(row.resource, cells))
    return found


def month_cells(chosen: Selection, days: Days, moment: Moment) -> list[Cell]:
    """Of one resource or one's own bookings what is on; of many how many."""
    pen = Pen(chosen, Axis(tuple(days.all), chosen.zone))
    if chosen.page is None:
        on = by_day(own_bookings(chosen, days, moment), days, chosen.zone)
        return [_cell(pen, chosen, day, on[day]) for day in days.all]
    rows = list(_rows(chosen, days, moment))
    if len(rows) == 1:
        row, entries = rows[0]
        on = by_day(entries, days, chosen.zone)
        return [_cell_of_one(pen, chosen, day, on[day.on], row) for day in row.days]
    return _cells_of_many(pen, chosen, days, rows)


def _rows(chosen: Selection, days: Days, moment: Moment) -> list[tuple[Row, Sequence[Entry]]]:
    rows = calendar_rows(chosen.resources, days, chosen.user, moment)
    if not rows:
        return []
    found = entries_of([row.bookable for row in rows], rows[0].span, chosen.user, moment)
    return [(row, found.get(row.bookable.id, ())) for row in rows]


def by_day(entries: Sequence[Entry], days: Days, zone: str) -> Mapping[date, list[Entry]]:
    """Each entry on every date it touches; in the order of the entries."""
    found: dict[date, list[Entry]] = defaultdict(list)
    spans = [(day, *day_span(day, zone)) for day in days.all]
    begins = spans[0][1]
    for entry in entries:
        at = max(min((entry.start - begins) // 1440 - 1, len(spans) - 1), 0)
        for day, first, last in spans[at:]:
            if first >= entry.end:
                break
            if entry.start < last:
                found[day].append(entry)
    return found


def day_link(chosen: Selection, day: date) -> str:
    return reverse("calendar-day", args=[day.isoformat()]) + chosen.query


def _cell(
    pen: Pen, chosen: Selection, day: date, entries: Sequence[Entry], few: int = FEW, **fields: int | str
) -> Cell:
    """With the first few entries."""
    shown = [pen.brief(day, each) for each in entries[:few]]
    bookings = sum(each.purpose == Purpose.BOOKING for each in entries)
    more = len(entries) - len(shown)
    return Cell(day, day_link(chosen, day), shown, more, bookings, **fields)  # type: ignore[arg-type]


def _cell_of_one(
    pen: Pen, chosen: Selection, day: Day, entries: Sequence[Entry], row: Row, few: int = FEW
) -> Cell:
    reason = _reason(row, day.on)
    return _cell(
        pen, chosen, day.on, entries, few, free=day.free_starts, open=day.open_minutes, reason=reason
    )


def _reason(row: Row, day: date) -> str:
    first, last = day_span(day, str(row.bookable.zone))
    return next((each.reason for each in row.blocked if each.start < last and each.end > first), "")


def _cells_of_many(
    pen: Pen, chosen: Selection, days: Days, rows: Sequence[tuple[Row, Sequence[Entry]]]
) -> list[Cell]:
    """Counts, and by name only what everybody may know; a booking of several resources counts once."""
    entries = {each.reservation_id: each for _row, found in rows for each in found}
    on = by_day(sorted(entries.values(), key=lambda each: each.start), days, chosen.zone)
    cells = []
    for number, day in enumerate(days.all):
        of_day = [row.days[number] for row, _entries in rows]
        public = [each for each in on[day] if each.purpose in PUBLIC]
        is_open = sum(each.open_minutes > 0 for each in of_day)
        cells.append(
            Cell(
                day,
                day_link(chosen, day),
                [pen.brief(day, each) for each in public[:FEW]],
                max(len(public) - FEW, 0),
                len(on[day]) - len(public),
                sum(each.free_starts > 0 for each in of_day),
                is_open,
                "" if is_open or not rows else _reason(rows[0][0], day),
            )
        )
    return cells
