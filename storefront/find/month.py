"""A month for a search: on which days how many places are free for it."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import ngettext

from reservations.availability import Moment
from scheduling.zones import day_span
from search.engine import SearchQuery
from search.values import Match
from search.windows import Window
from storefront.months import HEAD, add_months, arrange_weeks, days_in

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class MonthDay:
    """``count`` places are free; nothing more is said of days without any."""

    on: date
    count: int
    is_present: bool = False

    @property
    def state(self) -> str:
        return "free" if self.count else "outside"

    @property
    def words(self) -> str:
        return ngettext("%d place", "%d places", self.count) % self.count


def build_month(
    query: SearchQuery, month: date, today: date, user: "User | AnonymousUser", moment: Moment
) -> dict[str, Any]:
    first = month.replace(day=1)
    window = Window(first, days_in(first), query.window.opens, query.window.closes)
    matches = replace(query, window=window).find(user, moment, with_next=False)
    counts = Counter(on for match in matches if not match.is_group for on in _list_free_days(match, window))
    days = (first + timedelta(days=number) for number in range(window.days))
    return {
        "weeks": arrange_weeks(first, (MonthDay(on, counts[on]) for on in days)),
        "head": HEAD,
        "month": first,
        "earlier": add_months(first, -1) if first > today else None,
        "later": add_months(first, 1),
    }


def _list_free_days(match: Match, window: Window) -> Iterator[date]:
    starts: Sequence[int] = sorted(match.starts)
    for number in range(window.days):
        on = window.first + timedelta(days=number)
        start, end = day_span(on, match.zone)
        at = bisect_left(starts, start)
        if at < len(starts) and starts[at] < end:
            yield on
