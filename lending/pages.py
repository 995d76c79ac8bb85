"""What pages of others show of lending."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from calendars.kinds import managed_pages
from common import clock
from common.menu import Audience, MenuEntry, menu_entries
from common.page_parts import (
    PagePart,
    PageQuery,
    embedded_parts,
    first_steps,
    home_parts,
    my_bookings_parts,
    place_pages,
    place_parts,
    search_parts,
)
from common.venues import directory, reserved_words
from lending.enums import PRODUCT
from lending.listing import Entry, Wanted, complete, find_entry, list_entries, read_catalogs
from lending.places import lend_path
from lending.rows import list_now, make_rows
from lending.terms import LENT
from reservations.enums import Purpose
from resources.bookables import Bookable, Group
from resources.catalog import catalog_of

FEW, SOME, MANY = 3, 6, 12


def show_at_home(request: HttpRequest, query: PageQuery) -> str:
    """What can be had at once; if nothing can, how what is only lent stands."""
    at_once = _show_things(request, query, Wanted(free_now=True), FEW)
    found = query.elsewhere_ids
    return at_once or (_show_things(request, query, Wanted(ids=found), FEW) if found else "")


def show_in_search(request: HttpRequest, query: PageQuery) -> str:
    """What the search has found and is only lent; and what has the words that were looked for."""
    found = query.elsewhere_ids
    if not found and not query.text:
        return ""
    return _show_things(request, query, Wanted(query.text, ids=found), MANY if found else FEW)


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
    row = _find_lent(query)
    if row is None:
        return ""
    now, venue = clock.now(), query.venues[0]
    context = {
        "entry": find_entry(venue, row, catalog_of(venue), now),
        "path": page_of_place(query),
        "in_frame": query.in_frame,
        "now": now,
    }
    return render_to_string("lending/_place.html", context, request)


def _find_lent(query: PageQuery) -> Bookable | Group | None:
    venue_catalog = catalog_of(query.venues[0])
    lent = venue_catalog.part(LENT)
    if query.group_id:
        group = venue_catalog.groups.get(query.group_id)
        return group if group and any(id in lent for id in group.member_ids) else None
    return venue_catalog.bookables.get(query.resource_id or 0) if query.resource_id in lent else None


def page_of_place(query: PageQuery) -> str:
    venue, row = query.venues[0], _find_lent(query)
    return lend_path(venue.slug, row, catalog_of(venue)) if row else ""


def show_first_step(request: HttpRequest, query: PageQuery) -> str:
    """For whoever has a venue with nothing in it."""
    if not directory().manages_anywhere(request.user):
        return ""
    return format_html('<a class="button" href="{}">{}</a>', reverse("lend-desks"), _("Lend things"))


def page_of_booking(reservation_id: UUID) -> str:
    return reverse("lend-booking", args=[reservation_id])


def register() -> None:
    reserved_words.register(PRODUCT, ("board", "desk", "mine"))
    home_parts.register(PRODUCT, PagePart(show_at_home, PRODUCT))
    search_parts.register(PRODUCT, PagePart(show_in_search, PRODUCT))
    first_steps.register(PRODUCT, PagePart(show_first_step))
    embedded_parts.register(PRODUCT, PagePart(show_in_frame, PRODUCT))
    place_pages.register(PRODUCT, page_of_place)
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
        managers_begin=True,
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
