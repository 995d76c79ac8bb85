"""Lists of the admin that may hold millions of rows: what each of them costs does not grow with the table.

They are counted up to 10,000, searched by how columns begin, and narrowed down by
dates that nobody looks up.
"""

from collections.abc import Iterable, Sequence
from datetime import MAXYEAR, MINYEAR, date, datetime
from functools import reduce
from math import ceil
from operator import and_, or_
from typing import Any, ClassVar, NamedTuple, TypeVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Max, Min, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise, cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.admin_clock import own_venues
from common.counting import COUNTED, RowCount, count_rows
from common.phones import phone_beginnings
from common.prefixes import Searched, stored

M = TypeVar("M", bound=Model)
MOST_WORDS = 5
PARTS = ("year", "month", "day")
FEW = 1000
"""So many rows are named by their keys. More are so common that the page is full before long."""


class CountingPaginator(Paginator[Any]):
    """Pages end where counting does: a date or a search leads on."""

    @property
    def rows(self) -> QuerySet[Any]:
        assert isinstance(self.object_list, QuerySet)  # noqa: S101  (the admin has no other)
        return self.object_list

    @cached_property
    def total(self) -> RowCount:
        return count_rows(self.rows)

    @property
    def count(self) -> int:
        return self.total.number

    @property
    def num_pages(self) -> int:
        return max(ceil(min(self.count, COUNTED) / self.per_page), 1)

    @property
    def estimate(self) -> str | Promise:
        """Empty where the count is exact."""
        if not self.total.is_estimate:
            return ""
        if self.count == COUNTED + 1:
            return _("More than %(number)s") % {"number": f"{COUNTED:,}"}
        return _("About %(number)s") % {"number": f"{self.count:,}"}


class LongChangeList(ChangeList):
    def get_filters(self, request: HttpRequest) -> Any:
        if self.date_hierarchy:
            _require_date(*(self.params.get(f"{self.date_hierarchy}__{part}") for part in PARTS))
        return super().get_filters(request)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.queryset.query.where == self.root_queryset.query.where:
            self.full_result_count = self.result_count  # nothing was left out: no "show all"


def _require_date(*given: str | None) -> None:
    """Django knows not all that is none. Raises ``IncorrectLookupParameters``."""
    parts = [part for part in given if part is not None]
    if not parts:
        return
    try:
        # In order: no month without a year. The first year and the last one have an end beyond all dates.
        year = date(*(*map(int, given[: len(parts)]), 1, 1)[:3]).year  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise IncorrectLookupParameters from error
    if not MINYEAR < year < MAXYEAR:
        raise IncorrectLookupParameters


class LongList(admin.ModelAdmin[M]):
    """``searched`` columns need an index each; ``phone_fields`` are searched however numbers are written."""

    paginator = CountingPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    searched: ClassVar[Sequence[Searched]] = ()
    phone_fields: ClassVar[Sequence[str]] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LongChangeList

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        names = (*(column.name for column in self.searched), *self.phone_fields)
        return names if self.searched else tuple(super().get_search_fields(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        text = " ".join(search_term.replace("\x00", "").split())
        if not self.searched:
            return super().get_search_results(request, queryset, search_term)
        if not text:
            return queryset, False
        conditions = self.conditions_for(request, text)
        # In a step of its own: the order of the list must not tempt the database to read on and on in it.
        keys = set[Any]().union(*(self._find_keys(queryset, condition) for condition in conditions))
        if not keys:
            return self.search_otherwise(request, queryset, text), False
        return queryset.filter(any_of(conditions) if len(keys) > FEW else Q(pk__in=keys)), False

    def _find_keys(self, queryset: QuerySet[M], condition: Q) -> QuerySet[M, Any]:
        return queryset.order_by().filter(condition).values_list("pk", flat=True)[: FEW + 1]

    def conditions_for(self, request: HttpRequest, text: str) -> list[Q]:
        """Any of them: a column begins with all of it, or for each word there is one that does."""
        if beginnings := phone_beginnings(text, [venue.country for venue in own_venues(request).values()]):
            return [self._begins(text) | self._phone_begins(beginnings)]
        # SQLite goes by the first of them; the longest leaves fewest rows.
        words = sorted(text.split()[:MOST_WORDS], key=len, reverse=True)
        each = [reduce(and_, map(self._begins, words))] if len(words) > 1 else []
        return [self._begins(text), *each]

    def _begins(self, text: str) -> Q:
        return any_of(column.begins(text) for column in self.searched)

    def _phone_begins(self, beginnings: Sequence[str]) -> Q:
        return any_of(stored(name).begins(number) for name in self.phone_fields for number in beginnings)

    def search_otherwise(self, request: HttpRequest, queryset: QuerySet[M], text: str) -> QuerySet[M]:
        """What else might be meant when nothing is found."""
        return queryset.none()


def any_of(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=()))


class Choice(NamedTuple):
    title: str
    link: str


def date_choices(changelist: Any) -> dict[str, Any]:
    """What Django's hierarchy of dates shows, without looking for the dates that there are."""
    name = changelist.date_hierarchy
    year, month, day = (_read_part(changelist, f"{name}__{part}") for part in PARTS)
    years = [] if year else _list_years(changelist.model, name)
    if len(years) == 1:
        year, years = years[0], []
    link = _Links(changelist, name)
    if not year:
        return {"show": bool(years), "choices": [Choice(str(each), link(year=each)) for each in years]}
    if not month:
        return {"show": True, "back": Choice(str(_("All dates")), link()), "choices": _months(link, year)}
    back = Choice(str(year), link(year=year))
    if not day:
        return {"show": True, "back": back, "choices": _days(link, year, month)}
    back = Choice(_say(date(year, month, 1), "YEAR_MONTH_FORMAT"), link(year=year, month=month))
    shown = {"title": _say(date(year, month, day), "MONTH_DAY_FORMAT")}
    return {"show": True, "back": back, "choices": [shown]}


class _Links:
    def __init__(self, changelist: Any, name: str) -> None:
        self._changelist, self._name = changelist, name

    def __call__(self, **parts: int) -> str:
        params = {f"{self._name}__{part}": value for part, value in parts.items()}
        return str(self._changelist.get_query_string(params, [f"{self._name}__"]))


def _months(link: _Links, year: int) -> list[Choice]:
    return [
        Choice(_say(date(year, month, 1), "YEAR_MONTH_FORMAT"), link(year=year, month=month))
        for month in range(1, 13)
    ]


def _days(link: _Links, year: int, month: int) -> list[Choice]:
    length = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    return [
        Choice(_say(date(year, month, day), "MONTH_DAY_FORMAT"), link(year=year, month=month, day=day))
        for day in range(1, length + 1)
    ]


def _say(day: date, style: str) -> str:
    return capfirst(date_format(day, style))


def _read_part(changelist: Any, name: str) -> int:
    """What is no date was refused with the list."""
    return int(changelist.params.get(name) or 0)


def _list_years(model: type[Model], name: str) -> range:
    """From the ends of the column's index."""
    dates = model._base_manager.values_list(name, flat=True)
    # One after the other: both in one question, SQLite reads all of the index.
    ends = [dates.aggregate(end=of(name))["end"] for of in (Min, Max)]
    if ends[0] is None:
        return range(0)
    first, last = map(_year_of, ends)
    return range(first, last + 1)


def _year_of(value: date) -> int:
    return timezone.localtime(value).year if isinstance(value, datetime) else value.year
