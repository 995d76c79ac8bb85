"""Dates, times, durations and periods of an iCalendar file, as the venue's clock sees them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from calendars.foreign_zones import find_zone
from calendars.ical_objects import IcalObject, Line

TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
DURATION = re.compile(
    r"([+-]?)P(?=\d|T)(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.IGNORECASE,
)
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (wall clocks are compared with it)
LATEST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
DAY = timedelta(days=1)
FAR = 9990
"""Years after which a time means: for ever."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the wall clock of ``zone`` shows; midnight for a whole day. Floating: no zone was named."""

    local: datetime
    zone: tzinfo
    is_date: bool = False
    is_floating: bool = False

    @property
    def second(self) -> int:
        return to_second(self.local, self.zone)


@dataclass(frozen=True, slots=True)
class Length:
    """``days`` of the calendar, which may have 23 hours, and then ``seconds``."""

    days: int = 0
    seconds: int = 0

    def end(self, local: datetime, zone: tzinfo) -> int:
        day = local + timedelta(days=min(self.days, (LATEST - local).days))
        return to_second(day, zone) + self.seconds


def to_second(local: datetime, zone: tzinfo) -> int:
    """Since 1970 in UTC. What clocks skip counts as if they had not yet been changed, as RFC 5545 wants."""
    offset = zone.utcoffset(local.replace(tzinfo=zone)) or timedelta()
    return int((local - EPOCH - offset).total_seconds())


def to_local(second: int, zone: tzinfo) -> datetime:
    return (EPOCH + timedelta(seconds=second)).replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


@dataclass(slots=True)
class Clock:
    """Reads the times of one file; whole days and times without a known zone are the venue's."""

    zone: tzinfo
    definitions: Mapping[str, IcalObject]
    known: dict[str, tzinfo | None] = field(default_factory=dict)

    def read(self, line: Line) -> Moment:
        (moment,) = self.read_list(line)
        return moment

    def read_list(self, line: Line) -> list[Moment]:
        return [self.read_text(text, line.parameters) for text in line.value.split(",")]

    def read_text(self, text: str, parameters: Mapping[str, str]) -> Moment:
        """Raises ``ValueError``."""
        found = TIME.fullmatch(text.strip())
        if not found:
            raise ValueError(text)
        year, month, day, hour, minute, second, zone = found.groups()
        at = datetime(int(year), int(month), int(day))  # noqa: DTZ001
        if hour is None or parameters.get("VALUE", "").upper() == "DATE":
            return Moment(at, self.zone, is_date=True)
        at += timedelta(hours=int(hour), minutes=int(minute), seconds=min(int(second or 0), 59))
        if int(hour) > 24 or int(minute) > 59:
            raise ValueError(text)
        if zone:
            return Moment(at, _read_suffix(zone))
        named = self._find_zone(parameters.get("TZID", ""))
        return Moment(at, named or self.zone, is_floating=not named)

    def _find_zone(self, name: str) -> tzinfo | None:
        if name and name not in self.known:
            self.known[name] = find_zone(name, self.definitions.get(name))
        return self.known.get(name)

    def read_periods(self, line: Line) -> list[tuple[int, int]]:
        """In seconds. Raises ``ValueError``."""
        return [self.read_period(text, line.parameters) for text in line.value.split(",")]

    def read_period(self, text: str, parameters: Mapping[str, str]) -> tuple[int, int]:
        begin, _slash, end = text.partition("/")
        start = self.read_text(begin, parameters)
        if end.strip().upper().startswith(("P", "+P")):
            return start.second, read_duration(end).end(start.local, start.zone)
        return start.second, self.read_text(end, parameters).second


def _read_suffix(text: str) -> tzinfo:
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    return timezone((timedelta(hours=hours, minutes=minutes)) * (-1 if text[0] == "-" else 1))


def read_duration(text: str) -> Length:
    """Raises ``ValueError``, also for negative ones."""
    found = DURATION.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    sign, *numbers = found.groups()
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in numbers)
    length = Length(weeks * 7 + days, hours * 3600 + minutes * 60 + seconds)
    if sign == "-" and length != Length():
        raise ValueError(text)
    return length
