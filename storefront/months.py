"""A month as a table to choose a day from."""

import calendar
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol, TypeVar

from common.parsing import FIRST_YEAR, LAST_YEAR

MONDAY = date(2024, 1, 1)
"""Any Monday: the head of the table names seven days from it on."""
HEAD = tuple(MONDAY + timedelta(days=number) for number in range(7))


class _Day(Protocol):
    @property
    def on(self) -> date: ...


Day = TypeVar("Day", bound=_Day)


def arrange_weeks(month: date, days: Iterable[Day]) -> list[list[Day | None]]:
    """Rows of seven days from Monday on; None stands for another month's days."""
    by_date = {day.on: day for day in days}
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    return [[by_date.get(on) if on.month == month.month else None for on in week] for week in weeks]


def days_in(month: date) -> int:
    return calendar.monthrange(month.year, month.month)[1]


def add_months(month: date, step: int) -> date | None:
    """Its first day; None where no date can be."""
    months = month.year * 12 + month.month - 1 + step
    year, index = divmod(months, 12)
    return date(year, index + 1, 1) if FIRST_YEAR <= year <= LAST_YEAR else None
