"""Other people's files: every way to say when, and every way to make a reader despair."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from calendars import sandboxed_reading as parsing
from calendars.ical_reading import Unreadable
from calendars.sandboxed_reading import read_calendar
from calendars.tests.server import vcalendar, vevent
from scheduling.zones import from_minute, to_minute

pytestmark = pytest.mark.once

FIRST = datetime(2027, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
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
    first = to_minute(FIRST)
    text = vcalendar(*parts).encode()
    found = read_calendar(
        text, zone="Europe/Berlin", first=first, last=first + days * 1440, host="us.example"
    )
    return [(f"{from_minute(a):%m%dT%H%M}", f"{from_minute(b):%m%dT%H%M}") for a, b, _uid, _summary in found]


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


HOSTILE = {
    "every second": once(":20270301T100000Z", ":20270301T100001Z", RRULE="FREQ=SECONDLY"),
    "every minute of the day": once(
        ":20270301T100000Z",
        ":20270301T100001Z",
        RRULE="FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=" + ",".join(map(str, range(60))),
    ),
    "24 times a day": once(
        ":20270301T100000Z",
        ":20270301T100100Z",
        RRULE="FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))),
    ),
    "more events than a year has hours": "".join(
        vevent(str(number), ":20270301T100000Z", ":20270301T110000Z") for number in range(5_100)
    ),
    "no date": once(":tomorrow", ":later"),
    "no start": "BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n",
    "never closed": "BEGIN:VEVENT\r\n" * 20_000,
    "a broken rule": once(":20270301T100000Z", ":20270301T110000Z", RRULE="FREQ=OFTEN"),
    "not an end in sight": once(":20270301T100000Z", ":20270301T110000Z", RRULE="FREQ=DAILY;INTERVAL=0"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_cannot_be_read_is_refused_in_time(case: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreadable) as refused:
        read(HOSTILE[case])
    assert str(refused.value)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    "text", [b"", b"hello", b"<html></html>", b"\x00\xff\xfe", b"BEGIN:VCARD\r\nEND:VCARD\r\n"]
)
def test_what_is_no_calendar_is_refused(text: bytes) -> None:
    with pytest.raises(Unreadable):
        read_calendar(text, zone="Europe/Berlin", first=0, last=1440, host="us.example")


def test_what_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "SECONDS", 0.5)
    rule = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"  # searched for until the year 9999
    began = time.monotonic()
    with pytest.raises(Unreadable, match="too much time"):
        read(*(vevent(str(each), ":20270301T100000Z", DURATION="PT1H", RRULE=rule) for each in range(9)))
    assert time.monotonic() - began < 20
