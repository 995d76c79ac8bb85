"""Text out, facts back: what a calendar program would read."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.tz import tzical

from calendars.ical import IcalCalendar, IcalEvent, Participant, write_calendar, write_event
from calendars.ical_zones import vtimezone

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NASTY = 'Käse; Wein, "Brot" \\ Öl\nzweite Zeile: 🎉 größer als alles andere, und länger als 75 Oktette'
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "America/Sao_Paulo",
    "Pacific/Apia",
]


def facts(**changes: object) -> IcalEvent:
    defaults: dict[str, object] = {
        "uid": "1@example.com",
        "summary": "Court",
        "starts_at": datetime(2026, 7, 1, 10, tzinfo=UTC),
        "ends_at": datetime(2026, 7, 1, 11, tzinfo=UTC),
        "zone": "Europe/Berlin",
        "stamp": NOW,
    }
    return IcalEvent(**(defaults | changes))  # type: ignore[arg-type]


def read(text: bytes) -> Any:
    return icalendar.Event.from_ical(text)


def calendar(event: IcalEvent) -> bytes:
    about = IcalCalendar("PUBLISH", "Name", zones=(event.zone,), first=event.starts_at, last=event.ends_at)
    return write_calendar(about, [event])


@pytest.mark.parametrize(
    "text", [NASTY, "🎉" * 60, "ü" * 200, "x" * 74 + "é", "a,b;c\\n\nd", "\\", "e\u0301" * 90]
)
def test_text_comes_back_and_lines_are_folded_between_characters(text: str) -> None:
    written = write_event(facts(summary=text, description=text, location=text))
    assert written.endswith(b"\r\n")
    for line in written.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
        line.decode()
    found = read(written)
    assert (found["summary"], found["description"], found["location"]) == (text, text, text)


def test_what_must_be_escaped_is_escaped_in_the_bytes() -> None:
    written = write_event(facts(summary="a,b;c\\d\ne"))
    assert b"SUMMARY:a\\,b\\;c\\\\d\\ne\r\n" in written


def test_no_text_can_add_a_line_of_its_own() -> None:
    smuggled = "x\r\nATTENDEE:mailto:evil@example.com\rSTATUS:CANCELLED\x00\x0b\x85"
    event = facts(
        summary=smuggled,
        organizer=Participant(smuggled, "venue@example.com\r\nSTATUS:CANCELLED"),
        url="https://example.com/\nSTATUS:CANCELLED",
        attendee=Participant('"; PARTSTAT=DECLINED:' + smuggled, "ada@example.com"),
        categories=(smuggled,),
    )
    found = read(write_event(event))
    assert found["status"] == "CONFIRMED"
    assert found["attendee"] == "mailto:ada@example.com"
    assert found["attendee"].params["PARTSTAT"] == "ACCEPTED"
    assert str(found["organizer"]).startswith("mailto:venue@example.com ")


def test_everything_that_is_said_comes_back() -> None:
    event = facts(
        sequence=3,
        status="TENTATIVE",
        created=NOW - timedelta(days=1),
        url="https://example.com/a,b;c?d=1",
        categories=("Sport", "Über, alles"),
        organizer=Participant("Venue", "venue@example.com"),
        alarm=timedelta(hours=24),
    )
    found = read(write_event(event))
    assert found["uid"] == "1@example.com"
    assert found["sequence"] == 3
    assert found["status"] == "TENTATIVE"
    assert found["transp"] == "OPAQUE"
    assert found.decoded("dtstamp") == NOW
    assert found.decoded("created") == NOW - timedelta(days=1)
    assert found["url"] == "https://example.com/a,b;c?d=1"
    assert found["categories"].cats == ["Sport", "Über, alles"]
    (alarm,) = found.walk("VALARM")
    assert alarm.decoded("trigger") == -timedelta(days=1)
    assert alarm["action"] == "DISPLAY"


def test_the_calendar_says_how_often_to_come_back() -> None:
    text = calendar(facts())
    assert text.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n" in text
    found: Any = icalendar.Calendar.from_ical(text)
    assert (found["method"], found["x-wr-calname"], found["x-wr-timezone"]) == (
        "PUBLISH",
        "Name",
        "Europe/Berlin",
    )
    assert found["prodid"]


def test_an_hour_that_comes_twice_is_told_apart() -> None:
    """02:30 in Berlin, first in summer time, then an hour later in winter time: in UTC, for any reader."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for start in (first, first + timedelta(hours=1)):
        written = write_event(facts(starts_at=start, ends_at=start + timedelta(minutes=20)))
        assert f"DTSTART:{start:%Y%m%dT%H%M%SZ}".encode() in written
        found = read(written)
        assert found.decoded("dtstart").astimezone(UTC) == start
        assert found.decoded("dtend").astimezone(UTC) == start + timedelta(minutes=20)


@pytest.mark.parametrize(
    ("start", "minutes", "is_utc"),
    [
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 30, True),  # until 02:00, which comes twice
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), 60, False),
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 90, True),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 120, True),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), 60, False),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 60, False),  # over the hour that is skipped
    ],
)
def test_only_times_that_come_twice_are_in_utc(start: datetime, minutes: int, *, is_utc: bool) -> None:
    written = write_event(facts(starts_at=start, ends_at=start + timedelta(minutes=minutes)))
    assert (b"TZID" not in written) == is_utc


@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_is_right_at_every_hour_of_two_years(zone: str, tmp_path: object) -> None:
    """Read by another library, which knows nothing but the VTIMEZONE."""
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
    component = vtimezone(zone, first, last)
    assert not component.walk("STANDARD") == component.walk("DAYLIGHT") == []
    text = f"BEGIN:VCALENDAR\r\n{component.to_ical().decode()}END:VCALENDAR\r\n"
    path = f"{tmp_path}/zone.ics"
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    read_zone: Any = tzical(path).get(zone)
    at = first
    while at < last:
        local = at.astimezone(ZoneInfo(zone))
        if not local.fold:
            shown = local.replace(tzinfo=None)
            assert read_zone.utcoffset(shown) == local.utcoffset(), local
        at += timedelta(minutes=30)


@pytest.mark.parametrize("zone", ZONES)
def test_an_onset_is_written_in_the_wall_clock_of_just_before(zone: str) -> None:
    component = vtimezone(zone, NOW, NOW + timedelta(days=700))
    parts: list[Any] = list(component.subcomponents)
    for part in parts:
        onset = (part["dtstart"].dt - part["tzoffsetfrom"].td).replace(tzinfo=UTC)
        after = onset.astimezone(ZoneInfo(zone))
        assert after.utcoffset() == part["tzoffsetto"].td
        before = (onset - timedelta(minutes=1)).astimezone(ZoneInfo(zone))
        assert before.utcoffset() == part["tzoffsetfrom"].td
