"""Reads an iCalendar file as busy spans, as a process of its own (``sandboxed_reading``).

Input: a line of JSON (zone, first, last, host), then the file. Output: JSON with ``spans`` or ``error``.
"""

import json
import resource
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component

from scheduling.zones import EPOCH, day_span, from_minute

SECONDS = 20
"""Of processor time; by the clock it may be twice that."""
MEMORY = 1_000_000_000
"""Bytes of address space, where the system can limit it."""
MOST_COMPONENTS = 20_000
MOST_EVENTS = 5_000
MONTH = timedelta(days=31)
TOO_FINE = {"SECONDLY", "MINUTELY", "HOURLY"}
LONGEST_UID, LONGEST_SUMMARY = 200, 200


class Unreadable(Exception):
    pass


class BusySpan(NamedTuple):
    """UTC minutes [start, end), rounded outwards."""

    start: int
    end: int
    uid: str
    summary: str


def find_busy_spans(text: bytes, *, zone: str, first: int, last: int, host: str) -> list[BusySpan]:
    """What overlaps [first, last), sorted. Raises ``Unreadable``."""
    calendar = _parse(text)
    _require_expandable(calendar)
    spans: set[BusySpan] = set()
    month_start, end = from_minute(first), from_minute(last)
    query = recurring_ical_events.of(calendar)
    # Month by month, so that a file that repeats itself too often is refused before it fills the memory.
    while month_start < end:
        for event in query.between(month_start, min(month_start + MONTH, end)):
            if (span := _make_span(event, zone, host)) and span.start < last and span.end > first:
                spans.add(span)
        if len(spans) > MOST_EVENTS:
            raise Unreadable(f"There are more than {MOST_EVENTS} events in the coming year.")
        month_start += MONTH
    return sorted(spans)


def _parse(text: bytes) -> Component:
    try:
        calendar = Calendar.from_ical(text)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise Unreadable(f"This is no iCalendar file: {error}") from error
    if calendar.name != "VCALENDAR":
        raise Unreadable("This is no iCalendar file.")
    return calendar


def _require_expandable(calendar: Component) -> None:
    """Raises ``Unreadable`` for files that would take too long to expand."""
    events = calendar.walk("VEVENT")
    if len(events) > MOST_COMPONENTS:
        raise Unreadable(f"There are more than {MOST_COMPONENTS} events.")
    for event in events:
        for rule in _as_list(event.get("RRULE")):
            frequency = {str(frequency_name).upper() for frequency_name in _as_list(rule.get("FREQ"))}
            finer = any(name in rule for name in ("BYSECOND", "BYMINUTE"))
            # Expanding such rules would take minutes, long before the limit of events is reached.
            if frequency & TOO_FINE or finer:
                raise Unreadable("An event is repeated more often than daily.")
            if any(int(interval) < 1 for interval in _as_list(rule.get("INTERVAL"))):
                raise Unreadable("An event is repeated at no interval.")


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _make_span(event: Any, zone: str, host: str) -> BusySpan | None:
    """None for what takes no time, and for our own events coming back."""
    uid = str(event.get("UID", ""))
    if str(event.get("TRANSP", "")).upper() == "TRANSPARENT" or uid.endswith(f"@{host}"):
        return None
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start, end = _span(event.start, event.end, zone)
    if end <= start:
        return None
    summary = " ".join(str(event.get("SUMMARY", "")).split())
    return BusySpan(start, end, uid[:LONGEST_UID], summary[:LONGEST_SUMMARY])


def _span(start: date, end: date, zone: str) -> tuple[int, int]:
    if not isinstance(start, datetime):
        last = end if not isinstance(end, datetime) else end.date()
        return day_span(start, zone)[0], day_span(max(last, start + timedelta(days=1)), zone)[0]
    if not isinstance(end, datetime):
        end = datetime.combine(end, start.timetz())
    return _minute(start, zone, up=False), _minute(end, zone, up=True)


def _minute(at: datetime, zone: str, *, up: bool) -> int:
    aware = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
    seconds = int((aware.astimezone(UTC) - EPOCH).total_seconds())
    return -(-seconds // 60) if up else seconds // 60


def answer_request(arguments: str, text: bytes) -> dict[str, Any]:
    try:
        return {"spans": find_busy_spans(text, **json.loads(arguments))}
    except Unreadable as error:
        return {"error": str(error)[:300]}
    except (ArithmeticError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return {"error": f"This calendar cannot be understood: {type(error).__name__} {error}"[:300]}


def limit_process() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    limit_process()
    sys.stdout.write(
        json.dumps(answer_request(sys.stdin.buffer.readline().decode(), sys.stdin.buffer.read()))
    )
