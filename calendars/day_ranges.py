from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from common.parsing import parse_date, refuse

VIEWS = ("day", "week", "month")
MOST_DAYS = 62


@dataclass(frozen=True, slots=True)
class Days:
    """From ``first`` to ``last`` inclusive."""

    view: str
    first: date
    last: date

    @property
    def all(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


def read_days(params: Mapping[str, str], today: date) -> Days:
    """From ``view`` and ``date``, or ``start_date`` and ``end_date``. Raises ``InvalidInput``."""
    view = params.get("view", "")
    if view and view not in VIEWS:
        refuse("view", _("Enter day, week or month."))
    if params.get("start_date") or params.get("end_date"):
        return _between(view, params)
    return around(view or "week", parse_date(params["date"]) if params.get("date") else today)


def _between(view: str, params: Mapping[str, str]) -> Days:
    first = parse_date(params.get("start_date"), "start_date")
    if not params.get("end_date"):
        return around(view or "day", first)
    last = parse_date(params["end_date"], "end_date")
    if not first <= last < first + timedelta(days=MOST_DAYS):
        refuse("end_date", _("Choose %(most)d days or fewer.") % {"most": MOST_DAYS})
    return Days(view or "range", first, last)


def around(view: str, day: date) -> Days:
    if view == "day":
        return Days(view, day, day)
    if view == "week":
        monday = day - timedelta(days=day.weekday())
        return Days(view, monday, monday + timedelta(days=6))
    first = day.replace(day=1)
    next_month = (first + timedelta(days=31)).replace(day=1)
    return Days(view, first, next_month - timedelta(days=1))
