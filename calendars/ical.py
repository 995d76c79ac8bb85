from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, vDuration

from calendars.ical_lines import content_line, escape, text_line, utc_instant
from calendars.ical_zones import vtimezone
from scheduling.zones import comes_twice

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
"""They booked, so they attend; no reply is expected."""


@dataclass(frozen=True, slots=True)
class Participant:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class IcalEvent:
    """One VEVENT; aware instants, written in the wall clock of ``zone``."""

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
    organizer: Participant | None = None
    attendee: Participant | None = None
    alarm: timedelta | None = None


@dataclass(frozen=True, slots=True)
class IcalCalendar:
    """A whole calendar. ``zones`` are those its events use within [first, last]."""

    method: str
    name: str = ""
    description: str = ""
    zones: tuple[str, ...] = field(default=())
    first: datetime | None = None
    last: datetime | None = None


def uid_host(site_url: str) -> str:
    return urlsplit(site_url).hostname or "localhost"


def write_opening(properties: IcalCalendar) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", properties.method)
    if properties.name:
        _describe(calendar, properties)
    if properties.first and properties.last:
        for zone in sorted(set(properties.zones)):
            calendar.add_component(vtimezone(zone, properties.first, properties.last))
    return bytes(calendar.to_ical()).removesuffix(END)


def _describe(calendar: Calendar, properties: IcalCalendar) -> None:
    calendar.add("name", properties.name)
    calendar.add("x-wr-calname", properties.name)
    if properties.description:
        calendar.add("x-wr-caldesc", properties.description)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    if len(set(properties.zones)) == 1:
        calendar.add("x-wr-timezone", properties.zones[0])


def write_event(event: IcalEvent) -> bytes:
    """One VEVENT, written by hand: the library takes twenty times as long."""
    return b"".join(_event_lines(event))


def _event_lines(event: IcalEvent) -> Iterator[bytes]:
    yield b"BEGIN:VEVENT\r\n"
    yield content_line("UID", event.uid)
    yield content_line("DTSTAMP", utc_instant(event.stamp))
    yield content_line("LAST-MODIFIED", utc_instant(event.stamp))
    if event.created:
        yield content_line("CREATED", utc_instant(event.created))
    yield content_line("SEQUENCE", str(event.sequence))
    yield from _span(event)
    yield text_line("SUMMARY", event.summary)
    yield content_line("STATUS", event.status)
    yield content_line("TRANSP", "OPAQUE" if event.is_opaque else "TRANSPARENT")
    yield from _details(event)
    yield b"END:VEVENT\r\n"


def _span(event: IcalEvent) -> Iterator[bytes]:
    zone = ZoneInfo(event.zone)
    start, end = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    # RFC 5545 reads a local time that comes twice as the first, many programs as the second.
    if comes_twice(start) or comes_twice(end):
        yield content_line("DTSTART", utc_instant(start))
        yield content_line("DTEND", utc_instant(end))
    else:
        yield content_line("DTSTART", f"{start:{LOCAL}}", TZID=event.zone)
        yield content_line("DTEND", f"{end:{LOCAL}}", TZID=event.zone)


def _details(event: IcalEvent) -> Iterator[bytes]:
    for name, value in (("LOCATION", event.location), ("DESCRIPTION", event.description)):
        if value:
            yield text_line(name, value)
    if event.url:
        yield content_line("URL", event.url)
    if event.categories:
        yield content_line("CATEGORIES", ",".join(map(escape, event.categories)))
    if event.organizer:
        yield _person("ORGANIZER", event.organizer)
    if event.attendee:
        yield _person("ATTENDEE", event.attendee, **ATTENDING)
    if event.alarm is not None:
        yield from _alarm(event.alarm, event.summary)


def _person(name: str, person: Participant, **parameters: str) -> bytes:
    parameters_of_name = {"CN": person.name} if person.name else {}
    return content_line(name, f"mailto:{person.email}", **parameters_of_name, **parameters)


def _alarm(before: timedelta, summary: str) -> Iterator[bytes]:
    yield b"BEGIN:VALARM\r\nACTION:DISPLAY\r\n"
    yield text_line("DESCRIPTION", summary)
    yield content_line("TRIGGER", f"-PT{before // timedelta(minutes=1)}M")
    yield b"END:VALARM\r\n"


def write_calendar(properties: IcalCalendar, events: Iterable[IcalEvent]) -> bytes:
    return b"".join([write_opening(properties), *(write_event(event) for event in events), END])
