"""iCalendar (RFC 5545) from plain facts; no database, no request."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, vDuration

from calendars.lines import escaped, instant, line, text
from calendars.zones import vtimezone

PRODUCT = "-//Holdfast//Reservations//EN"
REFRESH = timedelta(hours=1)
END = b"END:VCALENDAR\r\n"
LOCAL = "%Y%m%dT%H%M%S"
ATTENDING = {
    "CUTYPE": "INDIVIDUAL",
    "ROLE": "REQ-PARTICIPANT",
    "PARTSTAT": "ACCEPTED",
    "RSVP": "FALSE",
}
"""They booked, so they come; nobody waits for an answer."""


@dataclass(frozen=True, slots=True)
class Person:
    """An organizer or attendee."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What one VEVENT says; instants are aware, ``zone`` is the wall clock they are written in."""

    uid: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    stamp: datetime
    sequence: int = 0
    created: datetime | None = None
    status: str = "CONFIRMED"
    is_opaque: bool = True
    location: str = ""
    description: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    organizer: Person | None = None
    attendee: Person | None = None
    alarm: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CalendarFacts:
    """What a whole calendar says of itself. ``zones`` are those its events use within [first, last]."""

    method: str
    name: str = ""
    description: str = ""
    zones: tuple[str, ...] = field(default=())
    first: datetime | None = None
    last: datetime | None = None


def uid_host(site_url: str) -> str:
    """What stands after the @ of our UIDs."""
    return urlsplit(site_url).hostname or "localhost"


def opening(facts: CalendarFacts) -> bytes:
    """Everything of a calendar before its first event."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", facts.method)
    if facts.name:
        _describe(calendar, facts)
    if facts.first and facts.last:
        for zone in sorted(set(facts.zones)):
            calendar.add_component(vtimezone(zone, facts.first, facts.last))
    return bytes(calendar.to_ical()).removesuffix(END)


def _describe(calendar: Calendar, facts: CalendarFacts) -> None:
    calendar.add("name", facts.name)
    calendar.add("x-wr-calname", facts.name)
    if facts.description:
        calendar.add("x-wr-caldesc", facts.description)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    if len(set(facts.zones)) == 1:
        calendar.add("x-wr-timezone", facts.zones[0])


def event_lines(facts: EventFacts) -> bytes:
    """One VEVENT: folded lines that end in CRLF. Written out: the library took twenty times as long."""
    return b"".join(_event(facts))


def _event(facts: EventFacts) -> Iterator[bytes]:
    yield b"BEGIN:VEVENT\r\n"
    yield line("UID", facts.uid)
    yield line("DTSTAMP", instant(facts.stamp))
    yield line("LAST-MODIFIED", instant(facts.stamp))
    if facts.created:
        yield line("CREATED", instant(facts.created))
    yield line("SEQUENCE", str(facts.sequence))
    yield from _span(facts)
    yield text("SUMMARY", facts.summary)
    yield line("STATUS", facts.status)
    yield line("TRANSP", "OPAQUE" if facts.is_opaque else "TRANSPARENT")
    yield from _details(facts)
    yield b"END:VEVENT\r\n"


def _span(facts: EventFacts) -> Iterator[bytes]:
    """On the zone's wall clock; in UTC where that shows the time for the second time: it means the first."""
    zone = ZoneInfo(facts.zone)
    start, end = facts.starts_at.astimezone(zone), facts.ends_at.astimezone(zone)
    if start.fold or end.fold:
        yield line("DTSTART", instant(start))
        yield line("DTEND", instant(end))
    else:
        yield line("DTSTART", f"{start:{LOCAL}}", TZID=facts.zone)
        yield line("DTEND", f"{end:{LOCAL}}", TZID=facts.zone)


def _details(facts: EventFacts) -> Iterator[bytes]:
    for name, value in (("LOCATION", facts.location), ("DESCRIPTION", facts.description)):
        if value:
            yield text(name, value)
    if facts.url:
        yield line("URL", facts.url)
    if facts.categories:
        yield line("CATEGORIES", ",".join(map(escaped, facts.categories)))
    if facts.organizer:
        yield _person("ORGANIZER", facts.organizer)
    if facts.attendee:
        yield _person("ATTENDEE", facts.attendee, **ATTENDING)
    if facts.alarm is not None:
        yield from _alarm(facts.alarm, facts.summary)


def _person(name: str, person: Person, **parameters: str) -> bytes:
    named = {"CN": person.name} if person.name else {}
    return line(name, f"mailto:{person.email}", **named, **parameters)


def _alarm(before: timedelta, summary: str) -> Iterator[bytes]:
    yield b"BEGIN:VALARM\r\nACTION:DISPLAY\r\n"
    yield text("DESCRIPTION", summary)
    yield line("TRIGGER", f"-PT{before // timedelta(minutes=1)}M")
    yield b"END:VALARM\r\n"


def whole(facts: CalendarFacts, events: Iterable[EventFacts]) -> bytes:
    """A small calendar in one piece."""
    return b"".join([opening(facts), *(event_lines(each) for each in events), END])
