"""Somebody else's iCalendar file as busy spans. Pure; ``calendars.parsing`` runs it in a process of its own.

Read from standard input: one line of JSON (zone, first, last: UTC minutes; host: of UIDs that are ours), then
the file. Written: JSON, either ``{"spans": [[start, end, uid, summary], ...]}`` or ``{"error": sentence}``.
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
"""Of processor time; on the clock it may be twice that."""
MEMORY = 1_000_000_000
"""Bytes of address space, where the system can limit that."""
MOST_COMPONENTS = 20_000
MOST_EVENTS = 5_000
MONTH = timedelta(days=31)
TOO_FINE = {"SECONDLY", "MINUTELY", "HOURLY"}
LONGEST_UID, LONGEST_SUMMARY = 200, 200


class Unreadable(Exception):
    """The file is no calendar, or more than one calendar may be; says why, for people."""


class Found(NamedTuple):
    """One occurrence that takes time: [start, end), UTC minutes, rounded outwards."""

    start: int
    end: int
    uid: str
    summary: str


def busy_spans(text: bytes, *, zone: str, first: int, last: int, host: str) -> list[Found]:
    """Everything that overlaps [first, last). Raises ``Unreadable``."""
    calendar = _parsed(text)
    _check(calendar)
    found: set[Found] = set()
    begin, end = from_minute(first), from_minute(last)
    query = recurring_ical_events.of(calendar)
    while begin < end:
        for each in query.between(begin, min(begin + MONTH, end)):
            if (one := _occurrence(each, zone, host)) and one.start < last and one.end > first:
                found.add(one)
        if len(found) > MOST_EVENTS:
            raise Unreadable(f"There are more than {MOST_EVENTS} events in the coming year.")
        begin += MONTH
    return sorted(found)


def _parsed(text: bytes) -> Component:
    try:
        calendar = Calendar.from_ical(text)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise Unreadable(f"This is no iCalendar file: {error}") from error
    if calendar.name != "VCALENDAR":
        raise Unreadable("This is no iCalendar file.")
    return calendar


def _check(calendar: Component) -> None:
    """Raises ``Unreadable`` for what would take too long. Events that take no time are left out."""
    events = calendar.walk("VEVENT")
    if len(events) > MOST_COMPONENTS:
        raise Unreadable(f"There are more than {MOST_COMPONENTS} events.")
    for event in events:
        for rule in _listed(event.get("RRULE")):
            frequency = {str(each).upper() for each in _listed(rule.get("FREQ"))}
            finer = any(name in rule for name in ("BYSECOND", "BYMINUTE"))
            if frequency & TOO_FINE or finer:
                raise Unreadable("An event is repeated more often than daily.")
            if any(int(each) < 1 for each in _listed(rule.get("INTERVAL"))):
                raise Unreadable("An event is repeated at no interval.")


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _occurrence(event: Any, zone: str, host: str) -> Found | None:
    """None for what takes no time, and for what came from here."""
    uid = str(event.get("UID", ""))
    if str(event.get("TRANSP", "")).upper() == "TRANSPARENT" or uid.endswith(f"@{host}"):
        return None
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start, end = _span(event.start, event.end, zone)
    if end <= start:
        return None
    summary = " ".join(str(event.get("SUMMARY", "")).split())
    return Found(start, end, uid[:LONGEST_UID], summary[:LONGEST_SUMMARY])


def _span(start: date, end: date, zone: str) -> tuple[int, int]:
    if not isinstance(start, datetime):
        last = end if not isinstance(end, datetime) else end.date()
        return day_span(start, zone)[0], day_span(max(last, start + timedelta(days=1)), zone)[0]
    if not isinstance(end, datetime):
        end = datetime.combine(end, start.timetz())
    return _minute(start, zone, up=False), _minute(end, zone, up=True)


def _minute(at: datetime, zone: str, *, up: bool) -> int:
    """The UTC minute; without a zone of its own it is the venue's wall clock."""
    aware = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
    seconds = int((aware.astimezone(UTC) - EPOCH).total_seconds())
    return -(-seconds // 60) if up else seconds // 60


def answer(about: str, text: bytes) -> dict[str, Any]:
    try:
        return {"spans": busy_spans(text, **json.loads(about))}
    except Unreadable as error:
        return {"error": str(error)[:300]}
    except (ArithmeticError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return {"error": f"This calendar cannot be understood: {type(error).__name__} {error}"[:300]}


def limit_myself() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    limit_myself()
    sys.stdout.write(json.dumps(answer(sys.stdin.buffer.readline().decode(), sys.stdin.buffer.read())))
