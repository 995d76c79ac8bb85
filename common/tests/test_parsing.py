"""What is read as a time, a number or an identifier, and what is refused, with which code."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import parsing
from common.errors import InvalidInput

BERLIN = "Europe/Berlin"


def refused(call: Callable[..., Any], *args: Any, **kwargs: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        call(*args, **kwargs)
    return caught.value


def test_dates_and_times_are_read() -> None:
    assert parsing.parse_date(" 2027-03-28 ") == date(2027, 3, 28)
    assert parsing.parse_time("14:30") == parsing.parse_time("14:30:00") == time(14, 30)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "28.03.2027",
        "2027-3-28",
        "2027-02-29",
        "20270328",
        "1999-12-31",
        "2101-01-01",
        "٢٠٢٧-٠٣-٢٨",
        "2027-W12-7",
        None,
        5,
        True,
        [],
        {},
        "2027-03-28\x00",
    ],
)
def test_what_is_no_date(value: object) -> None:
    error = refused(parsing.parse_date, value)
    assert (error.code, list(error.fields)) == ("invalid_time", ["date"])


@pytest.mark.parametrize("value", ["", "24:00", "9:30", "14:30:01", "14.30", "14:60", "14:30Z", None, 1430])
def test_what_is_no_time(value: object) -> None:
    assert refused(parsing.parse_time, value).code == "invalid_time"


@pytest.mark.parametrize(
    "value",
    [
        "2027-07-01T14:30+02:00",
        "2027-07-01T12:30Z",
        "2027-07-01T14:30:00+0200",
        "2027-07-01T14:30 02:00",
        "2027-07-01T07:00-05:30",
        "2027-07-01T14:30",
    ],
)
def test_instants(value: str) -> None:
    """The one with a space is ``+`` after a query string's decoding; the last is Berlin's wall clock."""
    at = parsing.parse_instant(value, zone=BERLIN)
    assert at == datetime(2027, 7, 1, 12, 30, tzinfo=UTC)
    assert at.utcoffset() == timedelta()


@pytest.mark.parametrize(
    "value",
    [
        "2027-07-01",
        "2027-07-01 14:30+02:00",
        "2027-07-01T14:30+99:00",
        "2027-07-01T14:30:30Z",
        5,
        None,
        "2027-07-01T14:30",
        "2027-07-01T14:30+02:00:30",
        "0001-01-01T00:00+14:00",
        "2027-07-01T25:00Z",
    ],
)
def test_what_is_no_instant_without_a_zone(value: object) -> None:
    assert refused(parsing.parse_instant, value).code == "invalid_time"


def test_a_skipped_local_time_names_both_sides_of_the_gap() -> None:
    error = refused(parsing.resolve_local_time, date(2027, 3, 28), time(2, 30), BERLIN)
    assert error.code == "nonexistent_time"
    assert [at.isoformat() for at in error.extra["candidates"]] == [
        "2027-03-28T01:59:00+01:00",
        "2027-03-28T03:00:00+02:00",
    ]


def test_a_repeated_local_time_names_both_and_an_offset_decides() -> None:
    error = refused(parsing.parse_instant, "2027-10-31T02:30", zone=BERLIN)
    assert error.code == "ambiguous_time"
    texts = [at.isoformat() for at in error.extra["candidates"]]
    assert texts == ["2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00"]
    read = [parsing.parse_instant(text, zone=BERLIN) for text in texts]
    assert [at.hour for at in read] == [0, 1]  # UTC


@pytest.mark.parametrize("value", [0, -1, 525_601, "1.5", "", "x", 1.0, True, None, [], "9" * 5000, 10**30])
def test_what_is_no_duration(value: object) -> None:
    error = refused(parsing.parse_duration, value)
    assert (error.code, list(error.fields)) == ("invalid", ["duration"])


def test_numbers_identifiers_and_flags() -> None:
    assert parsing.parse_duration("90") == timedelta(minutes=90)
    assert parsing.parse_int(3, "party_size", least=1) == 3
    text = "0f8fad5b-d9cb-469f-a165-70867728950e"
    assert str(parsing.parse_uuid(text.replace("-", ""))) == text
    assert parsing.parse_flag("True", "available_only")
    assert not parsing.parse_flag(0, "available_only")
    for call, value in ((parsing.parse_uuid, "x"), (parsing.parse_uuid, 5), (parsing.parse_flag, "maybe")):
        assert refused(call, value, "field").code == "invalid"


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.text())))
def test_nothing_else_ever_comes_out(value: object) -> None:
    readers: list[Callable[..., Any]] = [
        parsing.parse_date,
        parsing.parse_time,
        parsing.parse_instant,
        parsing.parse_duration,
        parsing.parse_uuid,
    ]
    for read in readers:
        with suppress(InvalidInput):
            assert read(value) is not None


@given(st.dates(date(2000, 1, 2), date(2100, 12, 30)), st.times(), st.sampled_from([BERLIN, "Asia/Kolkata"]))
def test_every_local_time_is_an_instant_or_explained(day: date, at: time, zone: str) -> None:
    whole = at.replace(second=0, microsecond=0)
    try:
        instant = parsing.resolve_local_time(day, whole, zone)
    except InvalidInput as error:
        instant = error.extra["candidates"][1].astimezone(UTC)
    assert parsing.parse_instant(instant.isoformat()) == instant
