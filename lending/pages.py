"""What pages of others show of lending."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from calendars.kinds import managed_pages
from common import clock
from common.menu import Audience, MenuEntry, menu_entries
from common.page_parts import (
    PagePart,
    PageQuery,
    embedded_parts,
    home_parts,
    my_bookings_parts,
    place_parts,
    search_parts,
)
from common.venues import reserved_words
from lending.enums import PRODUCT
from lending.listing import Entry, Wanted, complete, list_entries, read_catalogs
from lending.places import lend_path
from lending.rows import list_now, make_rows
from lending.terms import LENT
from reservations.enums import Purpose
from resources.catalog import catalog_of

FEW, SOME = 3, 6


def show_at_home(request: HttpRequest, query: PageQuery) -> str:
    """What can be had at once."""
    return _show_things(request, query, Wanted(free_now=True), FEW)


def show_in_search(request: HttpRequest, query: PageQuery) -> str:
    """What has the words that were looked for."""
    return _show_things(request, query, Wanted(query.text), FEW) if query.text else ""


def show_in_frame(request: HttpRequest, query: PageQuery) -> str:
    return _show_things(request, query, Wanted(), SOME)


def _show_things(request: HttpRequest, query: PageQuery, wanted: Wanted, most: int) -> str:
    now, catalogs = clock.now(), read_catalogs(query.venues)
    listing = list_entries(query.venues, catalogs, now, wanted)
    entries = _without_repeats(listing.entries)
    context = {
        "entries": complete(listing, entries[:most], now),
        "more": len(entries) > most,
        "venue": query.venues[0] if len(query.venues) == 1 else None,
        "in_frame": query.in_frame,
        "now": now,
    }
    return render_to_string("lending/_things.html", context, request) if entries else ""


def _without_repeats(entries: Iterable[Entry]) -> list[Entry]:
    """A few names of each venue: a group stands for its members there."""
    shown = list(entries)
    grouped = {offer.thing.id for entry in shown if entry.group for offer in entry.offers}
    return [entry for entry in shown if entry.group or entry.offers[0].thing.id not in grouped]


def show_own(request: HttpRequest, query: PageQuery) -> str:
    """What somebody has and waits for, whatever is offered by now."""
    if query.is_past or not isinstance(request.user, User):
        return ""
    loans = list(list_now(request.user.pk)[: SOME + 1])
    if not loans:
        return ""
    now = clock.now()
    rows = make_rows(loans[:SOME], request.user, now)
    context = {"rows": rows, "more": len(loans) > SOME, "now": now}
    return render_to_string("lending/_own.html", context, request)


def show_on_place(request: HttpRequest, query: PageQuery) -> str:
    """The way to borrow what is shown."""
    venue = query.venues[0]
    venue_catalog = catalog_of(venue)
    lent = venue_catalog.part(LENT)
    row = (
        venue_catalog.groups.get(query.group_id)
        if query.group_id
        else venue_catalog.bookables.get(query.resource_id or 0)
    )
    ids = venue_catalog.groups[query.group_id].member_ids if query.group_id and row else (query.resource_id,)
    if row is None or not any(id in lent for id in ids):
        return ""
    context = {
        "name": row.name,
        "path": lend_path(venue.slug, row, venue_catalog),
        "in_frame": query.in_frame,
    }
    return render_to_string("lending/_place.html", context, request)


def page_of_booking(reservation_id: UUID) -> str:
    return reverse("lend-booking", args=[reservation_id])


def register() -> None:
    reserved_words.register(PRODUCT, ("board", "desk", "mine"))
    home_parts.register(PRODUCT, PagePart(show_at_home, PRODUCT))
    search_parts.register(PRODUCT, PagePart(show_in_search, PRODUCT))
    embedded_parts.register(PRODUCT, PagePart(show_in_frame, PRODUCT))
    place_parts.register(PRODUCT, PagePart(show_on_place, PRODUCT))
    my_bookings_parts.register(PRODUCT, PagePart(show_own))
    managed_pages.register(Purpose.LOAN, page_of_booking)
    _register_menu()


def _register_menu() -> None:
    desk = MenuEntry(
        view="lend-desks",
        icon="list",
        label=_("Desk"),
        title=_("Lending desk"),
        hint=_("Hand things out, take them back, approve requests."),
        pages=("lend-desk*", "lend-fairness", "lend-use"),
        audience=Audience.TEAM,
        product=PRODUCT,
    )
    menu_entries.register("lending-desk", desk)
    things = MenuEntry(
        view="lend",
        icon="kind-equipment",
        label=_("Borrow"),
        title=_("Borrow"),
        hint=_("See what's free to borrow"),
        pages=("lend", "lend-venue", "lend-thing"),
        audience=Audience.EVERYBODY,
        product=PRODUCT,
    )
    own = MenuEntry(
        view="lend-mine",
        icon="repeat",
        label=_("Loans"),
        title=_("My loans"),
        hint=_("What you have and what you're waiting for"),
        pages=("lend-mine", "lend-loan"),
        product=PRODUCT,
    )
    menu_entries.register(PRODUCT, things)
    menu_entries.register(f"{PRODUCT}-own", own)
