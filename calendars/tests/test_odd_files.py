"""Files in the shape of real programs' exports: what is odd is left out and noted, the rest blocks."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calendars.ical_reading import Reading, Unreadable, read_busy_times
from calendars.reports import describe_problems
from scheduling.zones import from_minute, to_minute

pytestmark = pytest.mark.once
FILES = Path(__file__).parent / "ics"
GOOD = "1202T1000 1202T1100"
"""In most of the files: this event must block, whatever stands beside it."""
BERLIN, EVENING = "Europe/Berlin", datetime(2026, 12, 1, 0, 15, tzinfo=UTC)
NOW = datetime(2026, 11, 29, tzinfo=UTC)
CASES: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "bad-dtend-none": ([GOOD, "1203T1700 1203T1730"], [("end", "b")]),
    "bad-no-dtstart": ([GOOD], [("event", "no start")]),
    "bad-date": ([GOOD], [("event", "b")]),
    "bad-text-date": ([GOOD], [("event", "b")]),
    "bad-rrule": ([GOOD, "1203T1000 1203T1100"], [("rule", "b")]),
    "rrule-interval-zero": ([GOOD, "1203T1000 1203T1100"], [("rule", "b")]),
    "bad-valarm": ([GOOD, "1203T1000 1203T1100"], []),
    "year-9999": ([GOOD, "1202T2300 1130T0000"], []),
    "dtstamp-missing-offset-bad-vtimezone": ([GOOD], []),
    "bad-hourly-rrule": (
        [GOOD, "1203T1000 1203T1010", "1203T1100 1203T1110", "1203T1200 1203T1210"],
        [],
    ),
    "two-vcalendars": ([GOOD, "1204T1000 1204T1100"], []),
    "trailing-garbage": ([GOOD], []),
    "cr-only": ([GOOD], []),
    "until-date": ([f"120{day}T0900 120{day}T1000" for day in (1, 2, 3, 4)], []),
    "same-uid-two-events": (["1203T1000 1203T1100", "1204T1000 1204T1100"], []),
    "freebusy": (["1203T1000 1203T1100", "1204T1000 1204T1200"], []),
    "unknown-tzid-rrule-exdate": (["1202T0900 1202T1000", "1204T0900 1204T1000"], []),
    "mixed-date-dtend": ([GOOD, "1202T2300 1203T0501"], []),
    "gap-daily": (["0327T0130 0327T0230", "0328T0130 0328T0230", "0329T0030 0329T0130"], []),
    "windows-display-tzid": (["1202T1500 1202T1600"], []),
    "folded-utf8": ([GOOD], []),
    "negative-dtend": ([GOOD, "1209T1500 1209T1530"], [("end", "b")]),
    "cdo-free": ([], []),
    "event-after-end": ([GOOD, "1203T1000 1203T1100"], []),
    "end-equals-start-with-duration": ([GOOD, "1203T1000 1203T1200", "1204T2300 1206T2300"], []),
    "newer-unreadable": ([GOOD, "1203T1000 1203T1100"], [("version", "b")]),
    "utf-16": ([GOOD], []),
    "utf-16-without-mark": ([GOOD], []),
    "indented": ([GOOD], []),
    "blank-lines-first": ([GOOD], []),
    "one-event-swallowed": ([GOOD], [("event", "")]),
}


def _read(name: str, zone: str = BERLIN, now: datetime = NOW) -> Reading:
    first = to_minute(now)
    text = (FILES / f"{name}.ics").read_bytes()
    return read_busy_times(text, zone=zone, first=first, last=first + 366 * 1440, host="us.example")


def _show(reading: Reading) -> list[str]:
    return [
        f"{from_minute(span.start):%m%dT%H%M} {from_minute(span.end):%m%dT%H%M}" for span in reading.spans
    ]


@pytest.mark.parametrize("name", CASES)
def test_what_is_odd_is_noted_and_the_rest_blocks(name: str) -> None:
    spans, problems = CASES[name]
    reading = _read(name)
    assert (_show(reading), reading.problems) == (spans, problems)
    assert reading.until is None


def test_west_of_greenwich_today_lasts_until_midnight_there() -> None:
    assert _show(_read("allday-today", "America/New_York", EVENING)) == ["1130T0500 1201T0500"]
    assert _show(_read("floating-evening", "America/Los_Angeles", EVENING)) == ["1201T0400 1201T0600"]


def test_of_too_many_occurrences_those_soonest_are_blocked() -> None:
    reading = _read("daily-thousand")
    assert (len(reading.spans), reading.spans[0].uid) == (5000, "d0")
    assert reading.until
    assert from_minute(reading.until) > datetime(2027, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("folded-utf8", "Grüße aus Köln"),
        ("utf-16", "Grüße"),
        ("utf-16-without-mark", "Grüße"),
        ("indented", "Grüße"),
        ("blank-lines-first", "Grüße"),
    ],
)
def test_titles_are_whole(name: str, title: str) -> None:
    assert [span.summary for span in _read(name).spans] == [title]


def test_events_that_other_lines_have_swallowed_free_nothing() -> None:
    with pytest.raises(Unreadable, match="nothing_readable"):
        _read("events-swallowed")


def test_every_file_is_looked_at() -> None:
    others = {"allday-today", "floating-evening", "daily-thousand", "events-swallowed"}
    assert {path.stem for path in FILES.iterdir()} == CASES.keys() | others


def test_staff_read_what_was_left_out() -> None:
    zone = ZoneInfo(BERLIN)
    assert describe_problems([("event", "no start")], None, zone) == [
        "1 event could not be read and blocks nothing: no start"
    ]
    names = [("rule", name) for name in ("a", "b", "c", "d", "e", "f", "")]
    (sentence,) = describe_problems(names, None, zone)
    assert sentence.startswith("The repetition of 7 events")
    assert sentence.endswith("a, b, c, d, e and 2 more")
    assert describe_problems([("empty", "")], NOW, zone) == [
        "There are no events in the file.",
        "It has very many events. They only block times until Nov. 29, 2026.",
    ]
