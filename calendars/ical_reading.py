"""Reads an iCalendar file as busy spans, as a process of its own (``sandboxed_reading``).

Input: a line of JSON (zone, first, last, host), then the file. Output: JSON of a ``Reading``, or ``error``.
"""

import json
import re
import resource
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, islice
from time import process_time
from typing import Any, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

from calendars.ical_events import (
    ODD,
    Change,
    Event,
    Problem,
    Replacement,
    is_free,
    list_occurrences,
    name_of,
    read_event,
)
from calendars.ical_objects import CutOff, IcalObject, NotIcalendar, normalize, read_calendars
from calendars.ical_times import Clock

SECONDS = 10
"""Of processor time for a whole file."""
RULE_SECONDS = 1.0
"""Of processor time until a repeated event has its first time ahead."""
MEMORY = 1_000_000_000
"""Bytes of address space, where the system can limit it."""
BUSY = ("VEVENT", "VFREEBUSY")
BEGINNING = re.compile(rb"^[ \t]*BEGIN:(?:VEVENT|VFREEBUSY)[ \t]*$", re.IGNORECASE | re.MULTILINE)
MOST_EVENTS = 5_000
LONGEST_UID, LONGEST_SUMMARY = 200, 200


class Unreadable(Exception):
    """Its text is a key of ``calendars.reports.ERRORS``."""


class OutOfTime(Exception):
    pass


class BusySpan(NamedTuple):
    """UTC minutes [start, end), rounded outwards."""

    start: int
    end: int
    uid: str
    summary: str


class Reading(NamedTuple):
    """``until`` is the minute up to which the spans are complete, if that is before the end asked for."""

    spans: list[BusySpan]
    problems: list[Problem]
    until: int | None = None


@dataclass(slots=True)
class Reader:
    """What a file says about [first, last), in UTC minutes, at a venue."""

    zone: ZoneInfo
    first: int
    last: int
    host: str
    events: list[Event] = field(default_factory=list)
    periods: list[BusySpan] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_empty: bool = True
    is_read: bool = False
    deadline: float = field(default_factory=lambda: process_time() + SECONDS)

    def add_calendars(self, text: bytes) -> None:
        with self._limited():
            normalized = normalize(text)
            calendars = read_calendars(normalized)
            found = sum(part.kind in BUSY for calendar in calendars for part in _walk(calendar))
            # Lines in the wrong place have swallowed the others.
            if lost := max(len(BEGINNING.findall(normalized)) - found, 0):
                self.is_empty = False
                self.problems += [Problem("event")] * lost
            for calendar in calendars:
                self._add_calendar(calendar)

    def _limited(self, seconds: float = SECONDS) -> AbstractContextManager[None]:
        return limited(min(seconds, self.deadline - process_time()))

    def _add_calendar(self, calendar: IcalObject) -> None:
        zones = {part.text("TZID"): part for part in calendar.parts if part.kind == "VTIMEZONE"}
        clock = Clock(self.zone, zones)
        busy = [part for part in _walk(calendar) if part.kind in BUSY]
        self.is_empty = self.is_empty and not busy
        own = [part for part in busy if not part.text("UID").endswith(f"@{self.host}")]
        # What takes no time counts as read, too.
        self.is_read = self.is_read or len(own) < len(busy) or any(map(is_free, own))
        self._add_events([part for part in own if part.kind == "VEVENT"], clock)
        for part in own:
            if part.kind == "VFREEBUSY":
                self._add_periods(part, clock)

    def _add_events(self, parts: list[IcalObject], clock: Clock) -> None:
        series: dict[str, list[Event]] = {}
        changed = []
        for part, event in self._read_newest(parts, clock):
            if event:
                self.events.append(event)
            if part.find("RECURRENCE-ID") is not None:
                changed.append((part, event))
            elif event:
                series.setdefault(part.text("UID"), []).append(event)
        for part, event in changed:
            self._change_series(series.get(part.text("UID"), []), part, event, clock)

    def _read_newest(
        self, parts: Iterable[IcalObject], clock: Clock
    ) -> Iterator[tuple[IcalObject, Event | None]]:
        """What takes time, or is free: of one identity, that of the highest SEQUENCE that can be read."""
        taken: dict[tuple[str, str], int] = {}
        unreadable = []
        for part in sorted(parts, key=_sequence, reverse=True):
            identity, sequence = _identity(part), _sequence(part)
            if taken.get(identity, sequence) != sequence:
                continue
            event = None if is_free(part) else read_event(part, clock)
            if event or is_free(part):
                taken[identity] = sequence
                yield part, event
            else:
                unreadable.append((part, identity, sequence))
        for part, identity, sequence in unreadable:
            is_older_taken = taken.get(identity, sequence) < sequence
            self.problems.append(Problem("version" if is_older_taken else "event", name_of(part)))

    def _change_series(
        self, series: list[Event], part: IcalObject, event: Event | None, clock: Clock
    ) -> None:
        line = part.find("RECURRENCE-ID")
        try:
            of = clock.read(line) if line else None
        except ODD:
            of = None
        if line is None or of is None:
            self.problems.append(Problem("dates", name_of(part)))
            return
        follows = line.parameters.get("RANGE", "").upper() == "THISANDFUTURE"
        for changed in series:
            if follows and event:
                changed.changes.append(Change(of, event))
            else:
                changed.replaced.append(Replacement(of, ends_series=follows))

    def _add_periods(self, part: IcalObject, clock: Clock) -> None:
        for line in part.find_all("FREEBUSY"):
            if line.parameters.get("FBTYPE", "").upper() == "FREE":
                continue
            try:
                self.periods += [
                    span
                    for start, end in clock.read_periods(line)
                    if (span := self._make_span(start, end, part))
                ]
            except ODD:
                self.problems.append(Problem("period", name_of(part)))

    def _make_span(self, start: int, end: int, part: IcalObject) -> BusySpan | None:
        """None for what takes no time, and for what is over or begins later."""
        begins, ends = start // 60, min(-(-end // 60), self.last)
        if ends <= max(begins, self.first) or end <= start:
            return None
        return BusySpan(begins, ends, part.text("UID")[:LONGEST_UID], part.text("SUMMARY")[:LONGEST_SUMMARY])

    def list_spans(self, event: Event) -> Iterator[BusySpan]:
        try:
            for start, end in list_occurrences(event, after=self.first * 60, before=self.last * 60):
                if span := self._make_span(start, end, event.ical):
                    yield span
        except ODD:
            event.note("rule")

    def expand(self) -> Reading:
        """Raises ``OutOfTime`` before anything is known."""
        streams = [self._begin(event) for event in self.events]
        spans: set[BusySpan] = set()
        until = None
        try:
            with self._limited():
                for span in merge(*streams, sorted(self.periods)):
                    until = span.start  # all there is up to here, should time run out
                    if len(spans) == MOST_EVENTS and span not in spans:
                        break
                    spans.add(span)
                else:
                    until = None
        except OutOfTime:
            if until is None:
                raise
        problems = [problem for event in self.events for problem in event.problems]
        return Reading(sorted(spans), self.problems + problems, until)

    def _begin(self, event: Event) -> Iterator[BusySpan]:
        """Its spans; where its rule takes too long to find the first of them, only the event's own start."""
        if not event.repeats:
            return self.list_spans(event)
        spans = self.list_spans(event)
        try:
            with self._limited(RULE_SECONDS):
                head = list(islice(spans, 1))
        except OutOfTime:
            if process_time() > self.deadline:
                raise
            event.note("rule")
            event.ical.lines = [line for line in event.ical.lines if line.name not in ("RRULE", "RDATE")]
            return self.list_spans(event)
        return chain(head, spans)


def _walk(calendar: IcalObject) -> Iterator[IcalObject]:
    """Its parts, also those inside a part that was never ended."""
    for part in calendar.parts:
        yield part
        yield from _walk(part)


def _identity(part: IcalObject) -> tuple[str, str]:
    return part.text("UID") or str(id(part)), part.word("RECURRENCE-ID")


def _sequence(part: IcalObject) -> int:
    text = part.word("SEQUENCE")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises ``OutOfTime`` in the midst of whatever is going on after ``seconds`` of processor time."""
    if seconds <= 0:
        raise OutOfTime
    before = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise OutOfTime


def read_busy_times(text: bytes, *, zone: str, first: int, last: int, host: str) -> Reading:
    """Raises ``Unreadable``."""
    reader = Reader(ZoneInfo(zone), first, last, host)
    try:
        reader.add_calendars(text)
        reading = reader.expand()
    except (NotIcalendar, CutOff) as error:
        raise Unreadable("cut_off" if isinstance(error, CutOff) else "not_icalendar") from error
    except OutOfTime as error:
        raise Unreadable("too_slow") from error
    if reader.is_empty:
        return Reading([], [Problem("empty")])
    if reader.problems and not (reader.is_read or reader.events or reader.periods):
        raise Unreadable("nothing_readable")
    return reading


def answer_request(arguments: str, text: bytes) -> dict[str, Any]:
    try:
        return read_busy_times(text, **json.loads(arguments))._asdict()
    except Unreadable as error:
        return {"error": str(error)}


def limit_process() -> None:
    """Should the limits inside ever fail, the system ends the process."""
    resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS, 2 * SECONDS))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    limit_process()
    sys.stdout.write(
        json.dumps(answer_request(sys.stdin.buffer.readline().decode(), sys.stdin.buffer.read()))
    )
