"""A month of a place: on which days it is free for what is wished."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from reservations.availability import Wish, moment_now
from storefront.months import HEAD, add_months, arrange_weeks, days_in
from storefront.place.context import Place, make_query
from storefront.place.day_view import StripDay, list_days

SHOWN_STATES = {"free": "free", "full": "full", "closed": "closed"}
"""Of days outside the booking window, or with a wish that does not suit, nothing more is said."""


@dataclass(frozen=True, slots=True)
class MonthDay:
    on: date
    state: str
    count: int
    is_present: bool = False


def build_month(place: Place, month: date | None, on: date, wish: Wish) -> dict[str, Any]:
    """One query. What the templates of a month take, of the month of ``on`` unless told."""
    first = (month or max(on, place.today)).replace(day=1)
    days = list_days(place.bookables, wish, first, days_in(first), moment_now())
    return {
        "weeks": arrange_weeks(first, map(_make_day, days)),
        "head": HEAD,
        "month": first,
        "earlier": add_months(first, -1) if first > place.today else None,
        "later": None if days[-1].state == "later" else add_months(first, 1),
        "on": on,
        "month_path": place.month_path,
        "day_path": place.path,
        "month_keep": f"&{make_query(on, wish)}",
        "keep_also": f"&{make_query(on, wish, without_date=True)}",
    }


def _make_day(day: StripDay) -> MonthDay:
    return MonthDay(day.on, SHOWN_STATES.get(day.state, "outside"), day.free)
