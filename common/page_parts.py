"""What products show of themselves on pages of others: each page asks its registry, whoever is in it."""

import logging
from collections.abc import Callable, Iterable, Sequence
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
    rendered = (_render(part, request, query) for part in parts)
    return SafeString("\n".join(filter(None, rendered)))


def _render(part: PagePart, request: HttpRequest, query: PageQuery) -> str:
    try:
        with _savepoint():
            if part.product:
                query = replace(query, venues=_list_offering(part.product, query.venues))
                if not query.venues:
                    return ""
            return conditional_escape(part.render(request, query) or "")
    except Exception:  # one product that fails takes no page of the others with it
        logger.exception("A part of %s failed", request.path)
        return ""


def _savepoint() -> AbstractContextManager[None]:
    """So that a query that fails does not end the transaction that the page may be in."""
    return transaction.atomic() if transaction.get_connection().in_atomic_block else nullcontext()


def _list_offering(product: str, venues: Sequence["Venue"]) -> list["Venue"]:
    offering = set(directory().offering(product).values_list("pk", flat=True)) if venues else set()
    return [venue for venue in venues if venue.pk in offering]
