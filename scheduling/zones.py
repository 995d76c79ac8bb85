"""Between wall clocks and UTC minutes.

An unknown zone raises `ZoneInfoNotFoundError`, a `KeyError`; years outside 2 to 9998 raise `ValueError`.
Offsets that were not whole minutes, the last in 1972, are rounded down.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from .spans import Span

Segment = tuple[int, int, int]
"""``(u0, u1, offset)``: within UTC minutes [u0, u1) the wall clock shows UTC + offset minutes."""

DAY = 1440  # minutes without clock changes

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_LOCAL = EPOCH.toordinal() * DAY
"""1970-01-01 00:00 as an absolute local minute (see `local_minute`)."""

# A wall clock reading lies within this many minutes of the instant at which UTC shows it, even
# where a zone moved across the date line.
_REACH = 2 * DAY


class LocalTimeError(ValueError):
    """A wall clock reading that does not name exactly one instant.

    `candidates` are the two instants it may mean, as aware datetimes in time order.
    """

    problem = "is not a single instant"

    def __init__(self, local: datetime, zone: str, candidates: tuple[datetime, datetime]) -> None:
        super().__init__(f"{local.isoformat(' ', 'minutes')} {self.problem} in {zone}")
        self.local = local
        self.zone = zone
        self.candidates = candidates


class NonexistentLocalTime(LocalTimeError):
    """The clocks skipped it; `candidates` are the minutes just before and after the gap."""

    problem = "does not exist"


class AmbiguousLocalTime(LocalTimeError):
    """The clocks showed it twice; `candidates` are the earlier and the later time."""

    problem = "exists twice"


@lru_cache(maxsize=4096)
def segments_of_year(zone: str, year: int) -> tuple[Segment, ...]:
    # A year is kept as its few segments of constant offset; the rest is integer arithmetic:
    #
    # 2026-01-01         03-29 01:00           10-25 01:00      2027-01-01   (UTC)
    #     |--------- +60 ------|-------- +120 ------|------ +60 -----|       Europe/Berlin
    tz = ZoneInfo(zone)
    start, end = _year_start(year), _year_start(year + 1)
    cuts = [start, *_find_changes(tz, start, end), end]
    return tuple((a, b, _offset(tz, a)) for a, b in pairwise(cuts) if a < b)


def segments_between(zone: str, u0: int, u1: int) -> list[Segment]:
    """``[u0, u1)`` cut where the offset changes; neighbours differ."""
    parts: list[Segment] = []
    if u0 >= u1:
        return parts
    for year in range(_year_of(u0), _year_of(u1 - 1) + 1):
        for start, end, offset in segments_of_year(zone, year):
            start, end = max(start, u0), min(end, u1)
            if start >= end:
                continue
            # The turn of the year is no change of the clock: join across it.
            if parts and parts[-1][2] == offset:
                start = parts.pop()[0]
            parts.append((start, end, offset))
    return parts


def to_minute(moment: datetime) -> int:
    """Raises `ValueError` for a naive datetime or one that is not a whole minute."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    minute, rest = divmod(moment - EPOCH, timedelta(minutes=1))
    if rest:
        raise ValueError(f"{moment.isoformat()} is not a whole minute")
    return minute


def from_minute(minute: int, zone: str = "UTC") -> datetime:
    return (EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))


def local_minute(minute: int, zone: str) -> int:
    """The wall clock as an absolute local minute: ``date.toordinal() * 1440 + minute``.

    Local minutes skip and repeat with the clock.
    """
    return minute + EPOCH_LOCAL + segments_between(zone, minute, minute + 1)[0][2]


def comes_twice(moment: datetime) -> bool:
    """Whether the clock shows this aware time once more, an hour earlier or later."""
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


def resolve_local(local: datetime, zone: str) -> int:
    """The UTC minute at which the zone's wall clock shows a naive datetime.

    Raises `LocalTimeError`, and `ValueError` for what is aware or not a whole minute.
    """
    if local.tzinfo is not None:
        raise ValueError(f"{local.isoformat()} is not a local time: it has an offset of its own")
    shown = to_minute(local.replace(tzinfo=UTC))
    around = segments_between(zone, shown - _REACH, shown + _REACH)
    instants = [shown - offset for u0, u1, offset in around if u0 <= shown - offset < u1]
    if len(instants) == 1:
        return instants[0]
    if not instants:
        after = _first_showing(around, shown)
        raise NonexistentLocalTime(local, zone, _both_datetimes(after - 1, after, zone))
    raise AmbiguousLocalTime(local, zone, _both_datetimes(instants[0], instants[-1], zone))


def day_span(day: date, zone: str) -> Span:
    """From the first minute of a local date to the first of the next; empty for a skipped date."""
    # Where clocks go back over midnight, a date begins when its first minute is first shown, so that days
    # never overlap and leave nothing out. Samoa skipped 2011-12-30.
    return _day_start(day.toordinal(), zone), _day_start(day.toordinal() + 1, zone)


def window_span(day: date, start: int, end: int, zone: str) -> Span:
    """The UTC minutes in which the wall clock shows minutes ``[start, end)`` of a local date.

    They count from 00:00 and may pass 24:00; a skipped end is the first instant after it.
    """
    midnight = day.toordinal() * DAY
    return first_instant_at(midnight + start, zone), first_instant_at(midnight + end, zone)


def _day_start(ordinal: int, zone: str) -> int:
    return first_instant_at(ordinal * DAY, zone)


@lru_cache(maxsize=4096)
def first_instant_at(local: int, zone: str) -> int:
    """The first UTC minute at which the wall clock shows an absolute local minute or a later one."""
    shown = local - EPOCH_LOCAL
    return _first_showing(segments_between(zone, shown - _REACH, shown + _REACH), shown)


def _first_showing(around: list[Segment], shown: int) -> int:
    """The first instant whose wall clock reads `shown` (as if it were UTC) or later."""
    return min(max(u0, shown - offset) for u0, u1, offset in around if shown - offset < u1)


def _both_datetimes(first: int, second: int, zone: str) -> tuple[datetime, datetime]:
    return from_minute(first, zone), from_minute(second, zone)


def _year_start(year: int) -> int:
    if not 2 <= year <= 9999:
        raise ValueError(f"year {year} is out of range")
    return date(year, 1, 1).toordinal() * DAY - EPOCH_LOCAL


_FIRST, _LAST = _year_start(2), _year_start(9999)


def _year_of(minute: int) -> int:
    if not _FIRST <= minute < _LAST:
        raise ValueError(f"UTC minute {minute} is out of range")
    return date.fromordinal((minute + EPOCH_LOCAL) // DAY).year


def _offset(tz: ZoneInfo, minute: int) -> int:
    offset = (EPOCH + timedelta(minutes=minute)).astimezone(tz).utcoffset() or timedelta()
    return offset // timedelta(minutes=1)


def _find_changes(tz: ZoneInfo, start: int, end: int) -> Iterator[int]:
    # A zone changes once a day at most, so comparing days finds every change.
    for before, after in pairwise(range(start, end + 1, DAY)):
        if _offset(tz, before) != _offset(tz, after):
            yield _find_change(tz, before, after)


def _find_change(tz: ZoneInfo, before: int, after: int) -> int:
    """Bisect ``(before, after]`` for the first minute with the offset of `after`."""
    offset = _offset(tz, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(tz, middle) == offset:
            before = middle
        else:
            after = middle
    return after
