"""Recurrence rules as dates, against counting by hand."""

from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidInput
from reservations.series.rrule import LONGEST_SERIES, MOST_OCCURRENCES, list_dates

MONDAY = datetime(2027, 3, 1, tzinfo=UTC)


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["03-01", "03-02", "03-03"]),
        ("RRULE:FREQ=WEEKLY;COUNT=3", ["03-01", "03-08", "03-15"]),
        ("freq=weekly;byday=mo,we;count=4", ["03-01", "03-03", "03-08", "03-10"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=2;", ["03-01", "03-15"]),
        ("FREQ=WEEKLY;UNTIL=20270315", ["03-01", "03-08", "03-15"]),
        ("FREQ=WEEKLY;UNTIL=20270315T000000Z", ["03-01", "03-08", "03-15"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["03-26", "04-30"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", ["03-31", "05-31", "07-31"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["03-31", "04-30"]),
        ("FREQ=YEARLY;COUNT=1", ["03-01"]),
    ],
)
def test_dates(rule: str, expected: list[str]) -> None:
    assert [f"{each:%m-%d}" for each in list_dates(rule, MONDAY)] == expected


@pytest.mark.parametrize(
    ("zone", "start", "until", "expected"),
    [
        ("America/New_York", "2027-03-08T19:00", "20270311T000000Z", ["03-08", "03-09", "03-10"]),
        ("America/New_York", "2027-03-08T19:00", "20270310T120000", ["03-08", "03-09"]),
        ("America/New_York", "2027-03-08T19:00", "20270310T235959Z", ["03-08", "03-09"]),
        ("Europe/Berlin", "2027-03-09T00:30", "20270310T233000Z", ["03-09", "03-10", "03-11"]),
        ("Asia/Kolkata", "2027-03-09T04:00", "20270310T223000Z", ["03-09", "03-10", "03-11"]),
        ("Europe/Berlin", "2027-03-27T10:00", "20270329T080000Z", ["03-27", "03-28", "03-29"]),
    ],
)
def test_until_is_a_moment_if_it_has_a_time(zone: str, start: str, until: str, expected: list[str]) -> None:
    local = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    assert [f"{on:%m-%d}" for on in list_dates(f"FREQ=DAILY;UNTIL={until}", local)] == expected


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "weekly",
        "FREQ=WEEKLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=SECONDLY;COUNT=3",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20270315",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=201",
        "FREQ=WEEKLY;COUNT=99999999999999999999",
        "FREQ=WEEKLY;COUNT=3;COUNT=4",
        "FREQ=WEEKLY;COUNT=3;BYHOUR=10",
        "FREQ=WEEKLY;COUNT=3;INTERVAL=0",
        "FREQ=WEEKLY;COUNT=3;BYDAY=XX",
        "FREQ=WEEKLY;COUNT=3;BYMONTHDAY=99",
        "FREQ=WEEKLY;COUNT=3\nEXDATE:20270308",
        "FREQ=WEEKLY;UNTIL=20271341",
        "FREQ=WEEKLY;UNTIL=20271001T250000Z",
        "FREQ=WEEKLY;UNTIL=20260101",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        "FREQ=DAILY;UNTIL=20290101",
        "FREQ=WEEKLY;COUNT=٣",
    ],
)
def test_what_is_no_rule(rule: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        list_dates(rule, MONDAY)
    assert set(refused.value.fields) == {"rule"}


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYDAY=1MO;BYMONTH=13",
        "FREQ=MONTHLY;BYDAY=99MO",
        "FREQ=WEEKLY;BYDAY=,",
        "FREQ=WEEKLY;BYSETPOS=9",
        "FREQ=DAILY;BYDAY=MO;BYMONTH=2;BYSETPOS=9",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTHDAY=-400",
    ],
)
@pytest.mark.parametrize("first", [date(2000, 2, 28), date(2027, 3, 1), date(2100, 12, 30)])
def test_what_never_comes_true_is_known_soon(rule: str, first: date) -> None:
    before = process_time()
    with pytest.raises(InvalidInput):
        list_dates(f"{rule};COUNT=3", _midnight(first))
    assert process_time() - before < 10


@given(
    first=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    interval=st.integers(1, 20),
    count=st.integers(1, MOST_OCCURRENCES),
)
def test_weekly_is_every_so_many_days(first: date, interval: int, count: int) -> None:
    step = timedelta(days=7 * interval)
    wanted = [first + step * number for number in range(count)]
    expected = [day for day in wanted if day <= first + LONGEST_SERIES]
    assert list_dates(f"FREQ=WEEKLY;INTERVAL={interval};COUNT={count}", _midnight(first)) == expected


@given(text=st.text(alphabet="FREQ=DAILYWEEKLY;COUNT0123456789-+,BYDAYMOTU", max_size=60))
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        found = list_dates(text, MONDAY)
    except InvalidInput:
        return
    assert found == sorted(set(found))
    assert 1 <= len(found) <= MOST_OCCURRENCES
