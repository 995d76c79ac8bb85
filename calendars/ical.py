"""iCalendar (RFC 5545) from plain facts; no database, no request."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, vCalAddress, vDuration, vText, vUri

from calendars.zones import vtimezone

PRODUCT = "-//Holdfast//Reservations//EN"
REFRESH = timedelta(hours=1)
END = b"END:VCALENDAR\r\n"


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
    """One VEVENT: folded lines that end in CRLF."""
    return bytes(event(facts).to_ical())


def event(facts: EventFacts) -> Event:
    starts_at, ends_at = _written(facts)
    found = Event()
    found.add("uid", facts.uid)
    found.add("dtstamp", facts.stamp)
    found.add("last-modified", facts.stamp)
    if facts.created:
        found.add("created", facts.created)
    found.add("sequence", facts.sequence)
    found.add("dtstart", starts_at)
    found.add("dtend", ends_at)
    found.add("summary", printable(facts.summary))
    found.add("status", facts.status)
    found.add("transp", "OPAQUE" if facts.is_opaque else "TRANSPARENT")
    _add_details(found, facts)
    return found


def _written(facts: EventFacts) -> tuple[datetime, datetime]:
    """On the zone's wall clock; in UTC where that shows the time for the second time: it means the first."""
    zone = ZoneInfo(facts.zone)
    local = facts.starts_at.astimezone(zone), facts.ends_at.astimezone(zone)
    if any(each.fold for each in local):
        return facts.starts_at.astimezone(UTC), facts.ends_at.astimezone(UTC)
    return local


def _add_details(found: Event, facts: EventFacts) -> None:
    for name, text in (("location", facts.location), ("description", facts.description)):
        if text:
            found.add(name, printable(text))
    if facts.url:
        found.add("url", vUri(facts.url))
    if facts.categories:
        found.add("categories", [printable(each) for each in facts.categories])
    if facts.organizer:
        found.add("organizer", _address(facts.organizer), encode=False)
    if facts.attendee:
        found.add("attendee", _attending(facts.attendee), encode=False)
    if facts.alarm is not None:
        found.add_component(_alarm(facts))


def _address(person: Person) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    if person.name:
        address.params["CN"] = vText(parameter(person.name))
    return address


def _attending(person: Person) -> vCalAddress:
    """They booked, so they come; nobody waits for an answer."""
    address = _address(person)
    address.params |= {
        "CUTYPE": vText("INDIVIDUAL"),
        "ROLE": vText("REQ-PARTICIPANT"),
        "PARTSTAT": vText("ACCEPTED"),
        "RSVP": vText("FALSE"),
    }
    return address


def _alarm(facts: EventFacts) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", printable(facts.summary))
    alarm.add("trigger", -(facts.alarm or timedelta()))
    return alarm


def printable(text: str) -> str:
    """Without control characters, which no calendar may hold; line breaks stay."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (each for each in unified if each in "\n\t" or (each >= " " and each != "\x7f"))
    return "".join(kept).encode("utf-8", "replace").decode()


def parameter(text: str) -> str:
    """For parameter values, which know no escaping of quotes and line breaks."""
    return " ".join(printable(text).replace('"', "'").split())


def whole(facts: CalendarFacts, events: Iterable[EventFacts]) -> bytes:
    """A small calendar in one piece."""
    return b"".join([opening(facts), *(event_lines(each) for each in events), END])
