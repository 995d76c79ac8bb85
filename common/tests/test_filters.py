"""Money, lengths and dates as each language writes them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from common.templatetags import holdfast

EVENING = datetime(2026, 12, 4, 23, 30, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ["Friday, 4 December 2026", "Fri 4 Dec", "Fri, 4 Dec 2026", "December 2026", "23:30"]),
        ("de", ["Freitag, 4. Dezember 2026", "Fr., 4. Dez.", "Fr., 4. Dez. 2026", "Dezember 2026", "23:30"]),
    ],
)
def test_dates_keep_their_zone_and_follow_the_language(language: str, written: list[str]) -> None:
    filters = (holdfast.long_day, holdfast.short_day, holdfast.short_date, holdfast.month, holdfast.clock)
    with translation.override(language):
        assert [each(EVENING) for each in filters] == written
        assert holdfast.moment(EVENING) == f"{written[2]}, 23:30"
        assert holdfast.long_day(date(2026, 12, 4)) == written[0]
    assert EVENING.astimezone(UTC).day == 5  # so that a conversion would have shown


def test_times_keep_their_order_where_writing_runs_from_right_to_left() -> None:
    with translation.override("he"):
        assert holdfast.clock(EVENING) == "\N{LEFT-TO-RIGHT MARK}23:30"


@pytest.mark.parametrize(("language", "written"), [("en", "€1,234.50"), ("de", "1.234,50\xa0€")])
def test_money_follows_the_language(language: str, written: str) -> None:
    with translation.override(language):
        assert holdfast.money(Decimal("1234.5"), "EUR") == written


@pytest.mark.parametrize(
    ("hours", "within_a_year", "in_any_year"),
    [(0, "23:45", "23:45"), (1, "Sat 5 Dec, 00:45", "Sat, 5 Dec 2026, 00:45")],
)
def test_an_end_names_its_day_where_it_is_another(hours: int, within_a_year: str, in_any_year: str) -> None:
    end = EVENING + timedelta(hours=hours, minutes=15)
    assert holdfast.clock_after(end, EVENING) == within_a_year
    assert holdfast.moment_after(end, EVENING) == in_any_year


@pytest.mark.parametrize(("days", "name"), [(0, "Today"), (1, "Tomorrow"), (2, "Sun 6 Dec")])
def test_near_days_have_names(days: int, name: str) -> None:
    today = date(2026, 12, 4)
    assert holdfast.near_day(today + timedelta(days=days), today) == name


@pytest.mark.parametrize(("amount", "written"), [(Decimal(5), "€5.00"), (Decimal(0), "Free"), (None, "Free")])
def test_no_price_is_free_of_charge(amount: Decimal | None, written: str) -> None:
    assert holdfast.money_or_free(amount, "EUR") == written
