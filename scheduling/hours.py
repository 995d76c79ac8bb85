"""Opening hours: weekly hours, overrides and holidays, as the UTC minutes they mean.

Hours are wall clock times. At an instant whose wall clock shows date D and minute m, the first of
these that speaks decides:

1. the resource's overrides: a timed closing over the instant, a timed opening over it, then a
   whole-day statement on D (closed, or open "as usual": weekly hours decide);
2. the venue's overrides, likewise;
3. a holiday on D: closed;
4. weekly hours: those of the resource if it has any on the date, else those of the venue, less
   the rows that are marked unavailable.

Weekly rows and timed windows may run past midnight. A weekly row counts only if the date on which
it *starts* is not closed as a whole day; what it has after midnight must be open there, too.

Spans named *local* in this module are absolute local minutes (see `zones.local_minute`).
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
    """A window that recurs every week, on dates from `valid_from` to `valid_until` inclusive.

    `weekday` is 0-6 for Monday-Sunday; `start` and `end` are minutes of the local day. An end above
    1440 lies on the next date, at most 24 hours after the start. `is_available` False takes the
    window out of the hours (a break). `max_duration`, in minutes, limits bookings that overlap the
    window. Raises `ValueError` for anything else.
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
        """Whether the date lies within the row's validity, whatever its weekday."""
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

    With `start` and `end` (as in `WeeklyHours`) it opens or closes that window of each date.
    Without, it speaks for whole days: closed, or open as usual in spite of a holiday or of a
    closing with lower precedence. `resource` tells an override of the resource from one of its
    venue. Raises `ValueError` for a range or a window that is none.
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
        """The local span of a timed override on the date; None if it is not timed or not then."""
        if self.start is None or self.end is None or not self.is_on(day):
            return None
        midnight = day.toordinal() * DAY
        return midnight + self.start, midnight + self.end


@dataclass(frozen=True, slots=True)
class OpeningPlan:
    """All that decides when one resource is open. Equal plans share their cached answers.

    Keep a plan for as long as its data is unchanged: finding a kept one in the caches is faster
    than comparing a new one.
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

    `pieces`, sorted, may overlap: what each single window leaves open. Slots count from the start
    of each piece. `spans` are the pieces merged: a booking must lie within one. `limits` are the
    pieces that limit the length of bookings, sorted.
    """

    pieces: list[Span]
    spans: list[Span]
    limits: list[Limit]


def openings(plan: OpeningPlan, start: int, end: int) -> Openings:
    """The openings of every local date that ``[start, end)`` touches, and of one more each side.

    Pieces are never cut at the window, so what is said of an instant within it does not depend on
    it. Whoever looks for slots must ask for a window that ends when the last booking may end, not
    when it may start. Raises `ValueError` for years out of range (see `zones`).
    """
    if start >= end:
        return Openings([], [], [])
    return _window(plan, *_dates(plan.zone, start, end))


@lru_cache(maxsize=_WINDOWS_KEPT)
def _dates(zone: str, start: int, end: int) -> tuple[int, int]:
    """Ordinals of the dates before the first and after the last that the wall clock shows.

    Not those shown at either end: clocks may go back over midnight in between.
    """
    around = segments_between(zone, start, end)
    first = min(u0 + offset for u0, _, offset in around)
    last = max(u1 - 1 + offset for _, u1, offset in around)
    return (first + EPOCH_LOCAL) // DAY - 1, (last + EPOCH_LOCAL) // DAY + 1


@lru_cache(maxsize=_WINDOWS_KEPT)
def _window(plan: OpeningPlan, first: int, last: int) -> Openings:
    """The openings of the date ordinals from first to last inclusive."""
    days = [_day(plan, ordinal) for ordinal in range(first, last + 1)]
    pieces = sorted({piece for found, _ in days for piece in found})
    limits = sorted({limit for _, found in days for limit in found})
    return Openings(pieces, merge(pieces), limits)


@lru_cache(maxsize=_DAYS_KEPT)
def _day(plan: OpeningPlan, ordinal: int) -> tuple[tuple[Span, ...], tuple[Limit, ...]]:
    """The UTC pieces, and the limits, of all windows that start on one local date."""
    shown = ordinal * DAY - EPOCH_LOCAL
    around = segments_between(plan.zone, shown - 2 * DAY, shown + 4 * DAY)
    pieces: list[Span] = []
    limits: list[Limit] = []
    for local, max_duration in _local_windows(plan, date.fromordinal(ordinal)):
        found = _to_utc(local, around)
        pieces += found
        if max_duration is not None:
            limits += [(start, end, max_duration) for start, end in found]
    return tuple(pieces), tuple(limits)


def _to_utc(local: list[Span], around: list[Segment]) -> list[Span]:
    """The instants at which the wall clock shows what one window has left open, merged.

    Skipped minutes vanish and repeated ones come twice; what follows without a gap is one piece::

        wall clock   01:00  02:00->03:00  04:00        02:00  03:00->02:00  03:00  04:00
        local          ============= (01-04)             ==== (02:00-02:45)
        UTC            =============  2 h                ====    ====   twice 45 minutes
    """
    return merge(
        (max(start - EPOCH_LOCAL - offset, u0), min(end - EPOCH_LOCAL - offset, u1))
        for u0, u1, offset in around
        for start, end in local
    )


def _local_windows(plan: OpeningPlan, day: date) -> Iterator[tuple[list[Span], int | None]]:
    """What each window that starts on the date leaves open, locally, with its longest duration.

    A weekly row loses what overrides and holidays close and what is marked unavailable; a timed
    opening keeps what overrides open.
    """
    near = _overrides_near(plan, day)
    closed, opened = _decided(near, plan.holidays, day)
    for override in near:
        window = override.window_on(day) if override.is_open else None
        if window:
            yield intersect([window], opened), None
    if not _is_closed_all_day(near, plan.holidays, day):
        rows, breaks = _weekly_rows(plan, day)
        without = merge([*closed, *breaks])
        for row in rows:
            yield subtract([row.window_on(day)], without), row.max_duration


def _weekly_rows(plan: OpeningPlan, day: date) -> tuple[list[WeeklyHours], list[Span]]:
    """The available rows that start on the date, and the local spans in which they are not."""
    rows = _available(plan.resource_hours, day)
    breaks = _breaks(plan.resource_hours, day)
    if not rows:
        rows = _available(plan.venue_hours, day)
        breaks += _breaks(plan.venue_hours, day)
    return [row for row in rows if row.weekday == day.weekday()], breaks


def _available(hours: Iterable[WeeklyHours], day: date) -> list[WeeklyHours]:
    """The available rows that are valid on the date, of any weekday."""
    return [row for row in hours if row.is_available and row.is_valid_on(day)]


def _breaks(hours: Iterable[WeeklyHours], day: date) -> list[Span]:
    """The unavailable local spans that may overlap a window that starts on the date."""
    unavailable = [row for row in hours if not row.is_available]
    return [
        row.window_on(start_day)
        for start_day in (_days_around(day) if unavailable else ())
        for row in unavailable
        if row.weekday == start_day.weekday() and row.is_valid_on(start_day)
    ]


def _overrides_near(plan: OpeningPlan, day: date) -> list[Override]:
    """The overrides of the date, the one before and the one after."""
    before, _, after = _days_around(day)
    return [o for o in plan.overrides if o.first_on <= after and o.last_on >= before]


def _is_closed_all_day(near: list[Override], holidays: frozenset[date], day: date) -> bool:
    """Whether the highest whole-day statement about the date is that it is closed."""
    for resource in (True, False):
        said = _said_of_day(near, day, resource)
        if said is not None:
            return not said
    return day in holidays


def _said_of_day(near: list[Override], day: date, resource: bool) -> bool | None:
    """Open (True) or closed, said of the whole date at one level; closed wins. None: nothing."""
    said = [
        override.is_open
        for override in near
        if override.start is None and override.resource is resource and override.is_on(day)
    ]
    return all(said) if said else None


def _decided(near: list[Override], holidays: frozenset[date], day: date) -> tuple[list[Span], list[Span]]:
    """Local spans of the date and the next that overrides and holidays close, and open.

    In the rest of the two days, weekly hours decide.
    """
    _, today, tomorrow = _days_around(day)
    if not near and holidays.isdisjoint((today, tomorrow)):
        return [], []
    closed, opened = _decided_on(near, today in holidays, today)
    closed_next, opened_next = _decided_on(near, tomorrow in holidays, tomorrow)
    return merge(closed + closed_next), merge(opened + opened_next)


def _decided_on(near: list[Override], is_holiday: bool, day: date) -> tuple[list[Span], list[Span]]:
    """Local spans of one date that are closed, and open: painted from the lowest word up.

    ::

        holiday            closed  ========================
        venue, 10-16       opened          ======            ->  closed  ====      ==========
        resource, 12-14    closed            ==              ->  closed  ====  ==  ==========
                                                                 opened      ==  ==
    """
    midnight = day.toordinal() * DAY
    whole = [(midnight, midnight + DAY)]
    closed, opened = (whole if is_holiday else []), list[Span]()
    for resource in (False, True):
        said = _said_of_day(near, day, resource)
        if said is not None:
            closed, opened = ([] if said else whole), []
        opens = _timed(near, day, resource, is_open=True)
        closes = _timed(near, day, resource, is_open=False)
        closed = merge(subtract(closed, opens) + closes)
        opened = subtract(merge(opened + opens), closes)
    return closed, opened


def _timed(near: list[Override], day: date, resource: bool, *, is_open: bool) -> list[Span]:
    """The timed overrides of one level and sense within one date, merged."""
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
