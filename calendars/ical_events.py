"""The events of a calendar: when each takes place, with what could not be read left out and noted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import merge
from typing import NamedTuple

from calendars.ical_objects import IcalObject, Line
from calendars.ical_rules import ends_before_start, list_times
from calendars.ical_times import DAY, Clock, Length, Moment, read_duration, to_local, to_second

HALF_HOUR = Length(seconds=1800)
"""Of an event whose end cannot be read."""
WHOLE_DAY = Length(days=1)
ODD = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError)
"""What reading a stranger's value may raise."""


class Problem(NamedTuple):
    """``kind`` is a key of ``calendars.reports.SENTENCES``, ``name`` an event's title or UID."""

    kind: str
    name: str = ""


class Occurrence(NamedTuple):
    """In seconds since 1970."""

    start: int
    end: int


@dataclass(slots=True)
class Event:
    ical: IcalObject
    clock: Clock
    start: Moment
    length: Length
    replaced: list["Replacement"] = field(default_factory=list)
    changes: list["Change"] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def repeats(self) -> bool:
        return any(line.name in ("RRULE", "RDATE") for line in self.ical.lines)

    def note(self, kind: str) -> None:
        problem = Problem(kind, name_of(self.ical))
        if problem not in self.problems:
            self.problems.append(problem)


@dataclass(frozen=True, slots=True)
class Replacement:
    """An occurrence that has an event of its own, or is called off, perhaps with all that follow."""

    of: Moment
    ends_series: bool = False


@dataclass(slots=True)
class Exceptions:
    """Local dates, and seconds since 1970, at which nothing takes place; from ``end`` on, nothing at all."""

    dates: set[date] = field(default_factory=set)
    seconds: set[int] = field(default_factory=set)
    end: int | None = None

    def add(self, of: Moment, *, ends_series: bool = False) -> None:
        if ends_series:
            self.end = of.second if self.end is None else min(self.end, of.second)
        elif of.is_date:
            self.dates.add(of.local.date())
        else:
            self.seconds.add(of.second)

    def include(self, local: datetime, at: int) -> bool:
        is_past_end = self.end is not None and at >= self.end
        return is_past_end or at in self.seconds or local.date() in self.dates


@dataclass(frozen=True, slots=True)
class Change:
    """From the occurrence ``of`` on, the series goes on as ``event`` does."""

    of: Moment
    event: "Event"

    @property
    def shift(self) -> timedelta:
        return self.event.start.local - to_local(self.of.second, self.event.start.zone)


def name_of(ical: IcalObject) -> str:
    return (ical.text("SUMMARY") or ical.text("UID"))[:80]


def is_free(ical: IcalObject) -> bool:
    return (
        ical.word("STATUS") == "CANCELLED"
        or ical.word("TRANSP") == "TRANSPARENT"
        or ical.word("X-MICROSOFT-CDO-BUSYSTATUS") == "FREE"
    )


def read_event(ical: IcalObject, clock: Clock) -> Event | None:
    """None without a start that can be read."""
    line = ical.find("DTSTART")
    try:
        start = clock.read(line) if line else None
    except ODD:
        start = None
    if start is None:
        return None
    event = Event(ical, clock, start, Length())
    try:
        event.length = _read_length(ical, start, clock)
    except ODD:
        event.length = WHOLE_DAY if start.is_date else HALF_HOUR
        event.note("end")
    return event


def _read_length(ical: IcalObject, start: Moment, clock: Clock) -> Length:
    """By ``DTEND``, or by ``DURATION`` where that says no length. Raises ``ValueError``."""
    end_line, duration = ical.find("DTEND"), ical.find("DURATION")
    length = _length_until(end_line, start, clock) if end_line else Length()
    if duration and length == Length():
        length = read_duration(duration.value)
    return WHOLE_DAY if start.is_date and length == Length() else length


def _length_until(end_line: Line, start: Moment, clock: Clock) -> Length:
    """Raises ``ValueError``, also for an end before the start."""
    end = clock.read(end_line)
    if end.is_date:
        end = Moment(end.local, start.zone, is_date=True)
    if start.is_date and end.is_date:
        days = (end.local - start.local).days
        if days < 0:
            raise ValueError(end_line.value)
        return Length(days=days)
    if end.is_date and end.local <= start.local < end.local + DAY:
        end = Moment(end.local + DAY, start.zone)
    if end.second < start.second:
        raise ValueError(end_line.value)
    return Length(seconds=end.second - start.second)


def list_occurrences(event: Event, *, after: int, before: int) -> Iterator[Occurrence]:
    """Those that end after ``after`` and begin before ``before``, by their starts."""
    exceptions = _read_exceptions(event)
    streams = [_list_local(event, after), iter(_read_extra(event))]
    previous = None
    for local, length in merge(*streams, key=lambda pair: pair[0]):
        at = Moment(local, event.start.zone).second
        occurrence = _place(event, local, length, at)
        if min(at, occurrence.start) >= before:
            return
        if occurrence.end <= after or occurrence == previous or exceptions.include(local, at):
            continue
        previous = occurrence
        yield occurrence


def _list_local(event: Event, after: int) -> Iterator[tuple[datetime, Length]]:
    """By the rules. The start itself takes place whatever they say, unless they all ended before it."""
    if not _ends_before_start(event):
        yield event.start.local, event.length
    earliest = _earliest(event, after)
    rules: list[Iterator[datetime]] = []
    for line in event.ical.find_all("RRULE"):
        try:
            rules.append(list_times(line.value, event.start, event.clock, after=earliest))
        except ODD:
            event.note("rule")
    for local in merge(*rules):
        if local != event.start.local:
            yield local, event.length


def _ends_before_start(event: Event) -> bool:
    rules = event.ical.find_all("RRULE")
    try:
        return bool(rules) and all(ends_before_start(line.value, event.start, event.clock) for line in rules)
    except ODD:
        return False


def _earliest(event: Event, after: int) -> datetime:
    """The local time before which nothing starts that matters."""
    lengths = [event.length, *(change.event.length for change in event.changes)]
    shifts = [abs(change.shift) for change in event.changes]
    reach = max(timedelta(length.days + 2, length.seconds) for length in lengths) + max(shifts, default=DAY)
    begin, start = to_local(after, event.start.zone), event.start.local
    return max(start, begin - reach) if begin - start > reach else start


def _read_extra(event: Event) -> list[tuple[datetime, Length]]:
    extra = []
    for line in event.ical.find_all("RDATE"):
        for text in line.value.split(","):
            try:
                extra.append(_read_addition(event, text, line))
            except ODD:
                event.note("dates")
    return sorted(extra, key=lambda pair: pair[0])


def _read_addition(event: Event, text: str, line: Line) -> tuple[datetime, Length]:
    if "/" in text:
        start, end = event.clock.read_period(text, line.parameters)
        return to_local(start, event.start.zone), Length(seconds=max(end - start, 0))
    added = event.clock.read_text(text, line.parameters)
    if added.is_date:
        return datetime.combine(added.local, event.start.local.time()), event.length
    return to_local(added.second, event.start.zone), event.length


def _read_exceptions(event: Event) -> "Exceptions":
    exceptions = Exceptions()
    for replaced in event.replaced:
        exceptions.add(replaced.of, ends_series=replaced.ends_series)
    for line in event.ical.find_all("EXDATE"):
        for text in line.value.split(","):
            try:
                exceptions.add(event.clock.read_text(text, line.parameters))
            except ODD:
                event.note("dates")
    return exceptions


def _place(event: Event, local: datetime, length: Length, at: int) -> Occurrence:
    """Where the last change of "this and all that follow" before it has put it."""
    changes = [change for change in event.changes if at >= change.of.second]
    if changes:
        last = max(changes, key=lambda change: change.of.second)
        local, length = local + last.shift, last.event.length
    return Occurrence(to_second(local, event.start.zone), length.end(local, event.start.zone))
