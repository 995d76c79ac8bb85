"""What products show of themselves on pages of others: each page asks its registry, whoever is in it."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from common.registry import Registry
from common.venues import directory

if TYPE_CHECKING:
    from resources.models import Venue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What the page is about, as far as it says so; ``venues`` are those that offer the part's product."""

    venues: Sequence["Venue"] = ()
    first_day: date | None = None
    last_day: date | None = None
    party_size: int | None = None
    text: str = ""
    is_past: bool = False
    resource_id: int | None = None
    group_id: int | None = None
    elsewhere_ids: frozenset[str] = frozenset()
    """By uuid what a search has found and nobody books: products show how to have it."""
    in_frame: bool = False
    """On another website: links open a window of ours."""


@dataclass(frozen=True, slots=True)
class PagePart:
    """``render`` gives safe HTML, or nothing where there is nothing to show; plain text is escaped.

    With a ``product`` it is asked only where one of the page's venues offers that.
    """

    render: Callable[[HttpRequest, PageQuery], str]
    product: str = ""


home_parts: Registry[PagePart] = Registry("parts of the home page")
search_parts: Registry[PagePart] = Registry("parts of the search's results")
first_steps: Registry[PagePart] = Registry("first steps of an owner")
"""Buttons, where a venue has nothing to book yet; asked without a product, which nobody offers then."""
my_bookings_parts: Registry[PagePart] = Registry("parts of one's own bookings")
calendar_parts: Registry[PagePart] = Registry("parts of the staff's calendar")
place_parts: Registry[PagePart] = Registry("parts of a place's page")
embedded_parts: Registry[PagePart] = Registry("parts of a venue's page on other sites")


@dataclass(frozen=True, slots=True)
class EmbeddedPage:
    """Of a venue, on other websites; ``render`` gives safe HTML and the status of the answer."""

    heading: str | Promise
    render: Callable[[HttpRequest, "Venue"], tuple[str, int]]
    product: str
    stylesheet: str = ""


embedded_pages: Registry[EmbeddedPage] = Registry("pages of venues on other sites")
"""By the last part of their address, where the venue offers their product."""

place_pages: Registry[Callable[[PageQuery], str]] = Registry("pages of places that are had in another way")
"""By product the address of its own page; empty where it has none."""


def render_parts(parts: Iterable[PagePart], request: HttpRequest, query: PageQuery) -> SafeString:
    parts = list(parts)
    asks = any(part.product for part in parts)
    offering = directory().products_of([venue.pk for venue in query.venues]) if asks else {}
    rendered = [
        _render(part, request, _narrow(query, offering[part.product]) if part.product else query)
        for part in parts
        if not part.product or offering.get(part.product)
    ]
    return SafeString("\n".join(filter(None, rendered)))


def _narrow(query: PageQuery, offering: Collection[int]) -> PageQuery:
    return replace(query, venues=[venue for venue in query.venues if venue.pk in offering])


def _render(part: PagePart, request: HttpRequest, query: PageQuery) -> str:
    try:
        with _savepoint():
            return conditional_escape(part.render(request, query) or "")
    except Exception:  # one product that fails takes no page of the others with it
        logger.exception("A part of %s failed", request.path)
        return ""


def _savepoint() -> AbstractContextManager[None]:
    """So that a query that fails does not end the transaction that the page may be in."""
    return transaction.atomic() if transaction.get_connection().in_atomic_block else nullcontext()
