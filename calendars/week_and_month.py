from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse

from calendars.axis import Axis
from calendars.boards import read_own_bookings
from calendars.day_counts import count_bookings
from calendars.day_ranges import Days
from calendars.day_totals import Day, Midnights, describe_level, find_level
from calendars.entries import Entry, read_entries
from calendars.items import Item, Pen
from calendars.selection import Selection
from calendars.selectors import CalendarRow, calendar_rows
from reservations.availability import Moment
from reservations.enums import Purpose
from resources.models import Resource
from scheduling.zones import day_span

FEW = 3
"""Items in a cell; the day's page has the others."""
MOST_ITEMS = 400
"""On one page: with many rows each cell shows fewer."""


@dataclass(frozen=True, slots=True)
class Cell:
    """``free`` and ``open`` count resources; of a single one, free starts and open minutes.

    ``level`` says how full the day is (``find_level``), ``words`` does so for people.
    """

    day: date
    href: str
    items: list[Item] = field(default_factory=list)
    more: int = 0
    bookings: int = 0
    free: int = 0
    open: int = 0
    reason: str = ""
    level: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class WeekRow:
    resource: Resource
    cells: list[Cell]


def list_week_rows(selection: Selection, days: Days, moment: Moment) -> list[WeekRow]:
    weeks = []
    pen = Pen(selection, Axis(tuple(days.all), selection.zone))
    rows = _with_entries(calendar_rows(selection.resources, days, selection.user, moment), selection, moment)
    # A page of many resources stays as light as one of few.
    few = min(FEW, MOST_ITEMS // (7 * max(len(rows), 1)))
    for row, entries in rows:
        entries_on = group_by_day(entries, days, selection.zone)
        link = selection.with_(named=(row.resource,), kind="", number=1)
        cells = [_make_cell_of_one(pen, link, day, entries_on[day.on], row, few) for day in row.days]
        weeks.append(WeekRow(row.resource, cells))
    return weeks


def list_month_cells(selection: Selection, days: Days, moment: Moment) -> list[Cell]:
    """What is booked for one resource or oneself; for many resources, how much."""
    pen = Pen(selection, Axis(tuple(days.all), selection.zone))
    if selection.page is None:
        entries_on = group_by_day(read_own_bookings(selection, days, moment), days, selection.zone)
        return [_make_cell(pen, selection, day, entries_on[day]) for day in days.all]
    rows = calendar_rows(selection.resources, days, selection.user, moment)
    if len(rows) != 1:
        return _make_cells_of_many(pen, selection, days, rows, moment)
    ((row, entries),) = _with_entries(rows, selection, moment)
    entries_on = group_by_day(entries, days, selection.zone)
    return [_make_cell_of_one(pen, selection, day, entries_on[day.on], row) for day in row.days]


def _with_entries(
    rows: Sequence[CalendarRow], selection: Selection, moment: Moment
) -> list[tuple[CalendarRow, Sequence[Entry]]]:
    if not rows:
        return []
    entries_by_resource = read_entries([row.bookable for row in rows], rows[0].span, selection.user, moment)
    return [(row, entries_by_resource.get(row.bookable.id, ())) for row in rows]


def group_by_day(entries: Sequence[Entry], days: Days, zone: str) -> Mapping[date, list[Entry]]:
    """Each entry on every date it touches, in the order of the entries."""
    entries_on: dict[date, list[Entry]] = defaultdict(list)
    spans = [(day, *day_span(day, zone)) for day in days.all]
    first_midnight = spans[0][1]
    for entry in entries:
        # Days have 23 to 25 hours: this may be one too early, never too late.
        nearby = max(min((entry.start - first_midnight) // 1440 - 1, len(spans) - 1), 0)
        for day, first, last in spans[nearby:]:
            if first >= entry.end:
                break
            if entry.start < last:
                entries_on[day].append(entry)
    return entries_on


def day_link(selection: Selection, day: date) -> str:
    return reverse("calendar-day", args=[day.isoformat()]) + selection.query


def _make_cell(
    pen: Pen, selection: Selection, day: date, entries: Sequence[Entry], few: int = FEW, **fields: int | str
) -> Cell:
    shown = [pen.describe(day, entry) for entry in entries[:few]]
    bookings = sum(entry.purpose == Purpose.BOOKING for entry in entries)
    more = len(entries) - len(shown)
    return Cell(day, day_link(selection, day), shown, more, bookings, **fields)  # type: ignore[arg-type]


def _make_cell_of_one(
    pen: Pen, selection: Selection, day: Day, entries: Sequence[Entry], row: CalendarRow, few: int = FEW
) -> Cell:
    return _make_cell(
        pen,
        selection,
        day.on,
        entries,
        few,
        free=day.free_starts,
        open=day.open_minutes,
        reason=_find_closure_reason(row, day.on),
        level="" if row.is_never_booked else day.level,
        words="" if row.is_never_booked else day.words,
    )


def _find_closure_reason(row: CalendarRow, day: date) -> str:
    first, last = day_span(day, str(row.bookable.zone))
    return next(
        (closure.reason for closure in row.blocked if closure.start < last and closure.end > first), ""
    )


def _make_cells_of_many(
    pen: Pen, selection: Selection, days: Days, rows: Sequence[CalendarRow], moment: Moment
) -> list[Cell]:
    """Counts, and only public entries by name. A booking of several resources counts once; what nobody books
    is no place that is free or full.
    """
    midnights = Midnights(days.all, selection.zone)
    counts = count_bookings([row.bookable for row in rows], midnights, selection.user, moment)
    public_on = group_by_day(_list_public(rows, selection, moment), days, selection.zone)
    cells = []
    for number, day in enumerate(days.all):
        resource_days = [row.days[number] for row in rows if not row.is_never_booked]
        is_open = sum(resource_day.open_minutes > 0 for resource_day in resource_days)
        free = sum(resource_day.free_starts > 0 for resource_day in resource_days)
        is_full = any(resource_day.is_full for resource_day in resource_days)
        level = find_level(free, is_open, free, is_full=is_full) if resource_days else ""
        public = public_on[day]
        cells.append(
            Cell(
                day,
                day_link(selection, day),
                [pen.describe(day, entry) for entry in public[:FEW]],
                max(len(public) - FEW, 0),
                counts[number],
                free,
                is_open,
                "" if is_open or not resource_days else _find_closure_reason(rows[0], day),
                level,
                describe_level(level, free, is_open) if level else "",
            )
        )
    return cells


def _list_public(rows: Sequence[CalendarRow], selection: Selection, moment: Moment) -> list[Entry]:
    """Events and blocks, each once."""
    if not rows:
        return []
    by_resource = read_entries(
        [row.bookable for row in rows], rows[0].span, selection.user, moment, only_public=True
    )
    entries = {entry.reservation_id: entry for entries in by_resource.values() for entry in entries}
    return sorted(entries.values(), key=lambda entry: entry.start)
