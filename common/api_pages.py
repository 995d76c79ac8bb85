"""The pages of the API's lists: numbered ones up to entry 10,000, cursors for all of a list."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from common.counting import COUNTED, RowCount, count_rows
from common.cursors import cursor_at, in_total_order, page_by_cursor
from common.parsing import parse_int, refuse

PAGE_SIZE, LARGEST_PAGE = 50, 200
MOST_PAGES = 10**9
TOO_DEEP = _("Numbered pages end at entry 10,000. Use pagination=cursor and follow next, or filter.")


class Page(NamedTuple):
    rows: Sequence[Any]
    total: RowCount
    next: str | None
    previous: str | None


class Pagination(BasePagination):
    page: Page

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Raises ``InvalidInput``; a page that is not there is 404."""
        size = _read_size(request)
        if not isinstance(queryset, QuerySet):
            self.page = _page_of_all(queryset, request, size)
        elif _asks_for_cursor(request):
            self.page = _page_by_cursor(queryset, request, size)
        else:
            self.page = _numbered_page(queryset, request, size)
        return list(self.page.rows)

    def get_paginated_response(self, data: Any) -> Response:
        page = self.page
        return Response(
            {
                "count": page.total.number,
                "count_is_estimate": page.total.is_estimate,
                "next": page.next,
                "previous": page.previous,
                "results": data,
            }
        )


def _read_size(request: Request) -> int:
    """More than the most is the most."""
    size = request.query_params.get("page_size") or PAGE_SIZE
    return min(parse_int(size, "page_size", least=1, most=MOST_PAGES), LARGEST_PAGE)


def _read_number(request: Request) -> int:
    return parse_int(request.query_params.get("page") or 1, "page", least=1, most=MOST_PAGES)


def _asks_for_cursor(request: Request) -> bool:
    params = request.query_params
    kind = params.get("pagination") or ("cursor" if "cursor" in params else "page")
    if kind not in ("cursor", "page"):
        refuse("pagination", _("Choose one of: %(known)s.") % {"known": "cursor, page"})
    if kind == "cursor" and params.get("page"):
        refuse("page", _("Pages by cursor have no numbers. Follow next and previous."))
    if kind == "page" and params.get("cursor"):
        refuse("cursor", _("Cursors don't work with numbered pages. Leave out cursor or page."))
    return kind == "cursor"


def _page_of_all(rows: Sequence[Any], request: Request, size: int) -> Page:
    """Of rows that are in memory already."""
    number = _read_number(request)
    shown = rows[(number - 1) * size : number * size]
    if not shown and number > 1:
        raise exceptions.NotFound(_("This page doesn't exist."))
    next_link = _link_to_page(request, number + 1) if len(rows) > number * size else None
    return Page(shown, RowCount(len(rows), is_estimate=False), next_link, _link_before(request, number))


def _numbered_page(rows: QuerySet[Any], request: Request, size: int) -> Page:
    number = _read_number(request)
    first = (number - 1) * size
    if first >= COUNTED:
        refuse("page", TOO_DEEP)
    read = list(in_total_order(rows)[first : first + size + 1])
    if not read and number > 1:
        raise exceptions.NotFound(_("This page doesn't exist."))
    shown, next_link = read[:size], None
    if len(read) > size:
        next_link = _link_to_page(request, number + 1)
        if first + size >= COUNTED:
            next_link = _link_by_cursor(request, cursor_at(rows, shown[-1], is_backward=False))
    total = count_rows(rows) if next_link else RowCount(first + len(read), is_estimate=False)
    return Page(shown, total, next_link, _link_before(request, number))


def _page_by_cursor(rows: QuerySet[Any], request: Request, size: int) -> Page:
    page = page_by_cursor(rows, request.query_params.get("cursor", ""), size)
    is_all = page.next is None and page.previous is None and page.rows
    total = RowCount(len(page.rows), is_estimate=False) if is_all else count_rows(rows)
    links = (text and _link_by_cursor(request, text) for text in (page.next, page.previous))
    return Page(page.rows, total, *links)


def _link_before(request: Request, number: int) -> str | None:
    return _link_to_page(request, number - 1) if number > 1 else None


def _link_to_page(request: Request, number: int) -> str:
    address = request.build_absolute_uri()
    return replace_query_param(address, "page", number) if number > 1 else remove_query_param(address, "page")


def _link_by_cursor(request: Request, cursor: str) -> str:
    address = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
    return remove_query_param(remove_query_param(address, "page"), "pagination")
