"""Other people's files: every way to say when, and every way to make a reader despair."""

import time
from datetime import UTC, datetime

import pytest

from calendars import ical_reading
from calendars import sandboxed_reading as parsing
from calendars.ical_reading import Reading, Unreadable, read_busy_times
from calendars.sandboxed_reading import read_calendar
from calendars.tests.server import vcalendar, vevent
from scheduling.zones import from_minute, to_minute

pytestmark = pytest.mark.once

FIRST = datetime(2027, 3, 1, tzinfo=UTC)
CUSTOM_ZONE = "\r\n".join(
    [
        "BEGIN:VTIMEZONE",
        "TZID:Our island",
        "BEGIN:STANDARD",
        "DTSTART:19701025T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZOFFSETFROM:-0230",
        "TZOFFSETTO:-0330",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:19700329T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZOFFSETFROM:-0330",
        "TZOFFSETTO:-0230",
        "END:DAYLIGHT",
        "END:VTIMEZONE",
        "",
    ]
)


def read(*parts: str, days: int = 366) -> list[tuple[str, str]]:
    """Starts and ends in UTC, like ``0301T1000``."""
    spans = read_file(*parts, days=days).spans
    return [(f"{from_minute(a):%m%dT%H%M}", f"{from_minute(b):%m%dT%H%M}") for a, b, _uid, _summary in spans]


def read_file(*parts: str, days: int = 366) -> Reading:
    first = to_minute(FIRST)
    text = vcalendar(*parts).encode()
    return read_busy_times(
        text, zone="Europe/Berlin", first=first, last=first + days * 1440, host="us.example"
    )


def once(start: str, end: str = "", **more: str) -> str:
    return vevent("1", start, end, **more)


CASES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "utc": (once(":20270301T100000Z", ":20270301T110000Z"), [("0301T1000", "0301T1100")]),
    "its own zone": (
        once(";TZID=America/New_York:20270301T100000", ";TZID=America/New_York:20270301T110000"),
        [("0301T1500", "0301T1600")],
    ),
    "floating is local": (once(":20270301T100000", ":20270301T110000"), [("0301T0900", "0301T1000")]),
    "windows zone": (
        once(";TZID=Eastern Standard Time:20270301T100000", DURATION="PT1H"),
        [("0301T1500", "0301T1600")],
    ),
    "unknown zone is local": (
        once(";TZID=Nowhere/At-all:20270301T100000", DURATION="PT30M"),
        [("0301T0900", "0301T0930")],
    ),
    "a zone of its own": (
        CUSTOM_ZONE + once(";TZID=Our island:20270301T100000", DURATION="PT1H", RRULE="FREQ=MONTHLY;COUNT=2"),
        [("0301T1330", "0301T1430"), ("0401T1230", "0401T1330")],
    ),
    "a whole day": (once(";VALUE=DATE:20270301"), [("0228T2300", "0301T2300")]),
    "two days, one of 23 hours": (
        once(";VALUE=DATE:20270327", ";VALUE=DATE:20270329"),
        [("0326T2300", "0328T2200")],
    ),
    "daily over the change of clocks": (
        once(
            ";TZID=Europe/Berlin:20270327T100000",
            ";TZID=Europe/Berlin:20270327T110000",
            RRULE="FREQ=DAILY;COUNT=2",
        ),
        [("0327T0900", "0327T1000"), ("0328T0800", "0328T0900")],
    ),
    "left out and added": (
        once(
            ":20270301T100000Z",
            ":20270301T110000Z",
            RRULE="FREQ=DAILY;COUNT=3",
            EXDATE="20270302T100000Z",
            RDATE="20270305T120000Z",
        ),
        [("0301T1000", "0301T1100"), ("0303T1000", "0303T1100"), ("0305T1200", "0305T1300")],
    ),
    "one of them moved": (
        once(":20270301T100000Z", ":20270301T110000Z", RRULE="FREQ=DAILY;COUNT=2")
        + once(":20270302T150000Z", ":20270302T160000Z", **{"RECURRENCE-ID": "20270302T100000Z"}),
        [("0301T1000", "0301T1100"), ("0302T1500", "0302T1600")],
    ),
    "one of them cancelled": (
        once(":20270301T100000Z", ":20270301T110000Z", RRULE="FREQ=DAILY;COUNT=2")
        + once(
            ":20270302T100000Z",
            ":20270302T110000Z",
            STATUS="CANCELLED",
            **{"RECURRENCE-ID": "20270302T100000Z"},
        ),
        [("0301T1000", "0301T1100")],
    ),
    "it does not take time": (once(":20270301T100000Z", ":20270301T110000Z", TRANSP="TRANSPARENT"), []),
    "cancelled": (once(":20270301T100000Z", ":20270301T110000Z", STATUS="CANCELLED"), []),
    "of no length": (once(":20270301T100000Z", ":20270301T100000Z"), []),
    "without an end": (once(":20270301T100000Z"), []),
    "seconds are rounded outwards": (
        once(":20270301T100059Z", ":20270301T110001Z"),
        [("0301T1000", "0301T1101")],
    ),
    "our own": (vevent("x@us.example", ":20270301T100000Z", ":20270301T110000Z"), []),
    "over before, and beginning after": (
        once(":20270228T100000Z", ":20270228T110000Z") + once(":20290301T100000Z", ":20290301T110000Z"),
        [],
    ),
    "this and all that follow, an hour later": (
        once(":20270301T100000Z", ":20270301T110000Z", RRULE="FREQ=DAILY;COUNT=4", EXDATE="20270304T100000Z")
        + once(
            ":20270303T120000Z",
            ":20270303T123000Z",
            **{"RECURRENCE-ID": ";RANGE=THISANDFUTURE:20270303T100000Z"},
        ),
        [("0301T1000", "0301T1100"), ("0302T1000", "0302T1100"), ("0303T1200", "0303T1230")],
    ),
    "replaced by a higher SEQUENCE": (
        once(":20270301T100000Z", ":20270301T110000Z", SEQUENCE="1")
        + once(":20270302T100000Z", ":20270302T110000Z", SEQUENCE="2"),
        [("0302T1000", "0302T1100")],
    ),
    "called off by a higher SEQUENCE": (
        once(":20270301T100000Z", ":20270301T110000Z", SEQUENCE="1")
        + once(":20270301T100000Z", ":20270301T110000Z", SEQUENCE="2", STATUS="CANCELLED"),
        [],
    ),
    "a period, and a whole day left out": (
        once(
            ":20270301T100000Z",
            DURATION="PT30M",
            RRULE="FREQ=DAILY;COUNT=3",
            RDATE=";VALUE=PERIOD:20270305T120000Z/PT2H",
            EXDATE=";VALUE=DATE:20270302",
        ),
        [("0301T1000", "0301T1030"), ("0303T1000", "0303T1030"), ("0305T1200", "0305T1400")],
    ),
    "a long time ago, every other week": (
        once(":20100104T100000Z", ":20100104T110000Z", RRULE="FREQ=WEEKLY;INTERVAL=2;UNTIL=20270315T100000Z"),
        [("0308T1000", "0308T1100")],
    ),
    "ended before it began": (
        once(":20270301T100000Z", ":20270301T110000Z", RRULE="FREQ=WEEKLY;UNTIL=20270228T100000Z"),
        [],
    ),
    "counted from a long time ago": (
        once(":20270101T100000Z", ":20270101T110000Z", RRULE="FREQ=DAILY;COUNT=61"),
        [("0301T1000", "0301T1100"), ("0302T1000", "0302T1100")],
    ),
    "whole days until a time": (
        once(";VALUE=DATE:20270301", RRULE="FREQ=DAILY;UNTIL=20270301T233000Z"),
        [("0228T2300", "0301T2300"), ("0301T2300", "0302T2300")],
    ),
    "a name for its zone that has a colon": (
        once(';TZID="(GMT+01:00) Amsterdam, Berlin, Rome":20270301T100000', DURATION="PT1H"),
        [("0301T0900", "0301T1000")],
    ),
    "a zone by its offset": (
        once(";TZID=GMT-0500:20270301T100000", DURATION="PT1H"),
        [("0301T1500", "0301T1600")],
    ),
    "a zone with a prefix": (
        once(";TZID=/example.org/2026/America/New_York:20270301T100000", DURATION="PT1H"),
        [("0301T1500", "0301T1600")],
    ),
    "running at the beginning": (
        once(":20270228T230000Z", ":20270301T010000Z"),
        [("0228T2300", "0301T0100")],
    ),
    "nothing but a task": ("BEGIN:VTODO\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nEND:VTODO\r\n", []),
}


@pytest.mark.parametrize("case", CASES)
def test_when(case: str) -> None:
    text, expected = CASES[case]
    assert read(text) == expected


def test_without_end_it_goes_on_to_the_end_of_the_window() -> None:
    assert len(read(once(":20200301T100000Z", ":20200301T110000Z", RRULE="FREQ=DAILY"))) == 366


TOO_MUCH = {
    "60 times a day": once(
        ":20270301T100000Z",
        ":20270301T100001Z",
        RRULE="FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=" + ",".join(map(str, range(60))),
    ),
    "24 times a day": once(
        ":20270301T100000Z",
        ":20270301T100100Z",
        RRULE="FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))),
    ),
    "once an hour": once(":20270101T100000Z", ":20270101T100100Z", RRULE="FREQ=HOURLY"),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_of_too_many_events_the_first_are_blocked(case: str) -> None:
    reading = read_file(TOO_MUCH[case])
    assert reading.until
    assert len(reading.spans) == ical_reading.MOST_EVENTS
    assert max(span.start for span in reading.spans) <= reading.until


def test_of_many_events_at_once_the_first_are_blocked() -> None:
    reading = read_file(*(vevent(str(each), ":20270301T100000Z", DURATION="PT1H") for each in range(5_100)))
    assert (len(reading.spans), reading.until) == (5_000, to_minute(FIRST) + 600)


UNREADABLE = {
    "nothing_readable": "BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n" + once(":tomorrow", ":later"),
    "not_icalendar": "BEGIN:VALARM\r\n" * 20_000,
}


@pytest.mark.parametrize("code", UNREADABLE)
def test_a_file_of_which_nothing_can_be_read_is_no_success(code: str) -> None:
    with pytest.raises(Unreadable, match=code):
        read_file(UNREADABLE[code])


def test_what_takes_no_time_has_been_read() -> None:
    free = once(":20270301T100000Z", ":20270301T110000Z", STATUS="CANCELLED")
    reading = read_file(free, vevent("2", ":tomorrow"))
    assert (reading.spans, reading.problems) == ([], [("event", "2")])


def test_a_file_that_was_cut_off_frees_nothing() -> None:
    whole = vcalendar(once(":20270301T100000Z", ":20270301T110000Z"), once(":20270302T100000Z"))
    for length in (len(whole) // 2, len(whole) - 15):
        with pytest.raises(Unreadable, match="cut_off"):
            read_busy_times(whole[:length].encode(), zone="Europe/Berlin", first=0, last=1440, host="x")


@pytest.mark.parametrize(
    "text", [b"", b"hello", b"<html></html>", b"\x00\xff\xfe", b"BEGIN:VCARD\r\nEND:VCARD\r\n"]
)
def test_what_is_no_calendar_is_refused(text: bytes) -> None:
    with pytest.raises(Unreadable, match="not_icalendar"):
        read_busy_times(text, zone="Europe/Berlin", first=0, last=1440, host="us.example")


def test_a_process_of_its_own_says_the_same() -> None:
    first = to_minute(FIRST)
    last = first + 1440
    text = vcalendar(once(":20270301T100000Z", ":20270228T110000Z", SUMMARY="Käse")).encode()
    said = read_calendar(text, zone="Europe/Berlin", first=first, last=last, host="us.example")
    assert said == read_busy_times(text, zone="Europe/Berlin", first=first, last=last, host="us.example")
    assert said.problems == [("end", "Käse")]
    with pytest.raises(Unreadable, match="not_icalendar"):
        read_calendar(b"", zone="Europe/Berlin", first=first, last=last, host="us.example")


NEVER = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=" + ",".join(map(str, range(24)))


def test_a_rule_that_never_comes_true_costs_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ical_reading, "RULE_SECONDS", 0.05)
    rest = once(":20270303T100000Z", DURATION="PT1H")
    started = once(":20260101T100000Z", DURATION="PT1H", RRULE=NEVER, SUMMARY="Never")
    reading = read_file(started + rest)
    assert [from_minute(span.start).day for span in reading.spans] == [3]
    assert reading.problems == [("rule", "Never")]


def test_when_time_runs_out_what_comes_first_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ical_reading, "SECONDS", 0.5)
    before = time.process_time()
    reading = read_file(once(":20270301T100000Z", ":20270301T100001Z", RRULE="FREQ=SECONDLY"))
    assert reading.until
    assert reading.spans
    assert time.process_time() - before < 5


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "SECONDS", 0.001)  # no process starts so soon
    with pytest.raises(Unreadable, match="too_slow"):
        read_calendar(vcalendar().encode(), zone="Europe/Berlin", first=0, last=1440, host="x")
    monkeypatch.setattr(ical_reading, "SECONDS", 0.05)
    with pytest.raises(Unreadable, match="too_slow"):
        read_file(*(once(f":20260101T{hour:02}0000Z", DURATION="PT1H", RRULE=NEVER) for hour in range(20)))
