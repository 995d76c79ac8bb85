"""Opening hours: weekly hours, overrides and holidays, as the UTC minutes they mean.

For an instant whose wall clock shows date D, the first of these that says something decides:

1. the resource's overrides: a timed closing, a timed opening, then a whole-day one on D;
2. the venue's overrides, likewise;
3. a holiday on D: closed;
4. weekly hours: the resource's if it has any on D, else the venue's, less unavailable rows.

A weekly row counts only if the date it *starts* on is not closed as a whole day. *Local* spans are absolute
local minutes (see `zones.local_minute`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from .spans import Span, clip, intersect, merge, subtract
from .zones import DAY, EPOCH_LOCAL, Segment, segments_between

Limit = tuple[int, int, int]
"""``(start, end, max_duration)``: a booking that overlaps [start, end) may not be longer."""

# A day's openings are a few hundred bytes. Both caches hold a thousand plans over the dates that
# pages usually ask for.
_DAYS_KEPT = 1 << 16
_WINDOWS_KEPT = 1 << 12


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """A window that recurs on `weekday` (0-6 for Monday-Sunday), in minutes of the local day.

    An `end` above 1440 lies on the next date. `is_available` False takes the window out of the hours (a
    break); `max_duration` limits bookings that overlap it. The valid dates are inclusive.
    """

    weekday: int
    start: int
    end: int
    is_available: bool = True
    max_duration: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"weekday {self.weekday} is not 0-6")
        _check_window(self.start, self.end)

    def is_valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )

    def window_on(self, day: date) -> Span:
        """The local span of the row when it starts on the date."""
        midnight = day.toordinal() * DAY
        return midnight + self.start, midnight + self.end


@dataclass(frozen=True, slots=True)
class Override:
    """An exception on every date from `first_on` to `last_on` inclusive.

    With `start` and `end` it opens or closes that window of each date. Without, it closes whole days, or
    opens them as usual in spite of a holiday or of the venue's closing. `resource` is False for a venue's
    override.
    """

    first_on: date
    last_on: date
    start: int | None
    end: int | None
    is_open: bool
    reason: str = ""
    resource: bool = False

    def __post_init__(self) -> None:
        if self.last_on < self.first_on:
            raise ValueError(f"{self.last_on} is before {self.first_on}")
        if (self.start is None) != (self.end is None):
            raise ValueError("an override has both a start and an end, or neither")
        if self.start is not None and self.end is not None:
            _check_window(self.start, self.end)

    def is_on(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on

    def window_on(self, day: date) -> Span | None:
        """The local span of a timed override; None if it is not timed or not on that date."""
        if self.start is None or self.end is None or not self.is_on(day):
            return None
        midnight = day.toordinal() * DAY
        return midnight + self.start, midnight + self.end


@dataclass(frozen=True, slots=True)
class OpeningPlan:
    """All that decides when one resource is open. Equal plans share cached answers; keep a plan while its
    data is unchanged, because looking up the same object is faster than comparing two.
    """

    zone: str
    resource_hours: tuple[WeeklyHours, ...]
    venue_hours: tuple[WeeklyHours, ...]
    overrides: tuple[Override, ...] = ()
    holidays: frozenset[date] = frozenset()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Hashing the tuples takes longer than a cached answer, so it is done once.
        object.__setattr__(self, "_hash", hash(self._values()))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type[OpeningPlan], tuple[object, ...]]:
        # Another process hashes strings differently: unpickling must compute the hash again.
        return type(self), self._values()

    def _values(self) -> tuple[object, ...]:
        return self.zone, self.resource_hours, self.venue_hours, self.overrides, self.holidays


@dataclass(frozen=True, slots=True)
class Openings:
    """When a plan is open, in UTC minutes. Shared by the cache: never change the lists.

    `pieces`, sorted, may overlap; slots count from the start of each. `spans` are the pieces merged: a
    booking must lie within one. `limits` are the pieces that limit the length of bookings.
    """

    pieces: list[Span]
    spans: list[Span]
    limits: list[Limit]


def find_openings(plan: OpeningPlan, start: int, end: int) -> Openings:
    """The openings of every local date that ``[start, end)`` touches, and of one more each side.

    Pieces are never cut at the window: look up to when the last booking may end, not when it may start.
    Raises `ValueError` for years out of range (see `zones`).
    """
    if start >= end:
        return Openings([], [], [])
    return _openings_of_dates(plan, *_dates_touched(plan.zone, start, end))


@lru_cache(maxsize=_WINDOWS_KEPT)
def _dates_touched(zone: str, start: int, end: int) -> tuple[int, int]:
    # Not the dates shown at either end: clocks may go back over midnight in between.
    around = segments_between(zone, start, end)
    first = min(u0 + offset for u0, _, offset in around)
    last = max(u1 - 1 + offset for _, u1, offset in around)
    return (first + EPOCH_LOCAL) // DAY - 1, (last + EPOCH_LOCAL) // DAY + 1


@lru_cache(maxsize=_WINDOWS_KEPT)
def _openings_of_dates(plan: OpeningPlan, first: int, last: int) -> Openings:
    openings_by_date = [_openings_of_date(plan, ordinal) for ordinal in range(first, last + 1)]
    pieces = sorted({piece for date_pieces, _ in openings_by_date for piece in date_pieces})
    limits = sorted({limit for _, date_limits in openings_by_date for limit in date_limits})
    return Openings(pieces, merge(pieces), limits)


@lru_cache(maxsize=_DAYS_KEPT)
def _openings_of_date(plan: OpeningPlan, ordinal: int) -> tuple[tuple[Span, ...], tuple[Limit, ...]]:
    """UTC pieces and limits of all windows that start on one local date."""
    shown = ordinal * DAY - EPOCH_LOCAL
    # Wide enough for windows that run past midnight and zones that cross the date line.
    around = segments_between(plan.zone, shown - 2 * DAY, shown + 4 * DAY)
    pieces: list[Span] = []
    limits: list[Limit] = []
    for local, max_duration in _local_windows(plan, date.fromordinal(ordinal)):
        utc_spans = _to_utc(local, around)
        pieces += utc_spans
        if max_duration is not None:
            limits += [(start, end, max_duration) for start, end in utc_spans]
    return tuple(pieces), tuple(limits)


def _to_utc(local: list[Span], around: list[Segment]) -> list[Span]:
    """The instants at which the wall clock shows what one window has left open, merged."""
    # Skipped minutes vanish and repeated ones come twice; what follows without a gap is one piece:
    #
    # wall clock   01:00  02:00->03:00  04:00        02:00  03:00->02:00  03:00  04:00
    # local          ============= (01-04)             ==== (02:00-02:45)
    # UTC            =============  2 h                ====    ====   twice 45 minutes
    return merge(
        (max(start - EPOCH_LOCAL - offset, u0), min(end - EPOCH_LOCAL - offset, u1))
        for u0, u1, offset in around
        for start, end in local
    )


def _local_windows(plan: OpeningPlan, day: date) -> Iterator[tuple[list[Span], int | None]]:
    """Yield what each window that starts on the date leaves open, with its longest duration."""
    near = _overrides_near(plan, day)
    closed, opened = _decided_by_exceptions(near, plan.holidays, day)
    # A timed opening keeps what no closing takes from it, whatever the weekly hours say.
    for override in near:
        window = override.window_on(day) if override.is_open else None
        if window:
            yield intersect([window], opened), None
    # Weekly rows come last: they lose what overrides, holidays and breaks take.
    if not _is_closed_all_day(near, plan.holidays, day):
        rows, breaks = _weekly_rows(plan, day)
        unavailable = merge([*closed, *breaks])
        for row in rows:
            yield subtract([row.window_on(day)], unavailable), row.max_duration


def _weekly_rows(plan: OpeningPlan, day: date) -> tuple[list[WeeklyHours], list[Span]]:
    rows = _available_rows(plan.resource_hours, day)
    breaks = _list_breaks(plan.resource_hours, day)
    if not rows:
        rows = _available_rows(plan.venue_hours, day)
        breaks += _list_breaks(plan.venue_hours, day)
    return [row for row in rows if row.weekday == day.weekday()], breaks


def _available_rows(hours: Iterable[WeeklyHours], day: date) -> list[WeeklyHours]:
    return [row for row in hours if row.is_available and row.is_valid_on(day)]


def _list_breaks(hours: Iterable[WeeklyHours], day: date) -> list[Span]:
    """The unavailable local spans that may overlap a window that starts on the date."""
    unavailable = [row for row in hours if not row.is_available]
    return [
        row.window_on(start_day)
        for start_day in (_days_around(day) if unavailable else ())
        for row in unavailable
        if row.weekday == start_day.weekday() and row.is_valid_on(start_day)
    ]


def _overrides_near(plan: OpeningPlan, day: date) -> list[Override]:
    before, _, after = _days_around(day)
    return [o for o in plan.overrides if o.first_on <= after and o.last_on >= before]


def _is_closed_all_day(near: list[Override], holidays: frozenset[date], day: date) -> bool:
    # The resource's word counts before the venue's, and both before the holiday.
    for resource in (True, False):
        is_open = _is_day_open(near, day, resource)
        if is_open is not None:
            return not is_open
    return day in holidays


def _is_day_open(near: list[Override], day: date, resource: bool) -> bool | None:
    """What one level says of the whole date; None if nothing. Closed wins."""
    statements = [
        override.is_open
        for override in near
        if override.start is None and override.resource is resource and override.is_on(day)
    ]
    return all(statements) if statements else None


def _decided_by_exceptions(
    near: list[Override], holidays: frozenset[date], day: date
) -> tuple[list[Span], list[Span]]:
    """Local spans of the date and the next that overrides and holidays close, and open."""
    _, today, tomorrow = _days_around(day)
    if not near and holidays.isdisjoint((today, tomorrow)):
        return [], []
    closed, opened = _decided_on_date(near, today in holidays, today)
    closed_next, opened_next = _decided_on_date(near, tomorrow in holidays, tomorrow)
    return merge(closed + closed_next), merge(opened + opened_next)


def _decided_on_date(near: list[Override], is_holiday: bool, day: date) -> tuple[list[Span], list[Span]]:
    # Paint from the lowest level up, so that each level overrules those below it:
    #
    # holiday            closed  ========================
    # venue, 10-16       opened          ======            ->  closed  ====      ==========
    # resource, 12-14    closed            ==              ->  closed  ====  ==  ==========
    #                                                          opened      ==  ==
    midnight = day.toordinal() * DAY
    whole_day = [(midnight, midnight + DAY)]
    closed, opened = (whole_day if is_holiday else []), list[Span]()
    for resource in (False, True):
        is_open = _is_day_open(near, day, resource)
        if is_open is not None:
            closed, opened = ([] if is_open else whole_day), []
        opens = _timed_spans(near, day, resource, is_open=True)
        closes = _timed_spans(near, day, resource, is_open=False)
        closed = merge(subtract(closed, opens) + closes)
        opened = subtract(merge(opened + opens), closes)
    return closed, opened


def _timed_spans(near: list[Override], day: date, resource: bool, *, is_open: bool) -> list[Span]:
    midnight = day.toordinal() * DAY
    windows = [
        override.window_on(start_day)
        for override in near
        if override.resource is resource and override.is_open is is_open
        for start_day in _days_around(day)[:2]
    ]
    return clip(merge(window for window in windows if window), midnight, midnight + DAY)


def _days_around(day: date) -> tuple[date, date, date]:
    """The date before, the date and the date after."""
    ordinal = day.toordinal()
    return date.fromordinal(ordinal - 1), day, date.fromordinal(ordinal + 1)


def _check_window(start: int, end: int) -> None:
    if not 0 <= start < DAY:
        raise ValueError(f"start {start} is not a minute of the day")
    if not start < end <= start + DAY:
        raise ValueError(f"end {end} is not within a day after start {start}")
