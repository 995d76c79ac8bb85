"""Money, lengths and dates as each language writes them."""

from datetime import UTC, date, datetime
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
