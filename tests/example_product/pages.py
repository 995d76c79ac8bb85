from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calendars.kinds import managed_pages
from common.menu import Audience, MenuEntry, menu_entries
from common.page_parts import (
    PagePart,
    PageQuery,
    calendar_parts,
    embedded_parts,
    home_parts,
    my_bookings_parts,
    search_parts,
)
from common.products import Product, products, role_rights
from common.registry import Registry
from common.venues import Role
from reservations.enums import Purpose

UMBRELLAS = "umbrellas"
ON_VENUES_PAGES: tuple[Registry[PagePart], ...] = (home_parts, search_parts, calendar_parts, embedded_parts)
REGISTRIES: tuple[Registry[Any], ...] = (
    products,
    role_rights,
    menu_entries,
    managed_pages,
    my_bookings_parts,
    *ON_VENUES_PAGES,
)


def invite(request: HttpRequest, query: PageQuery) -> str:
    places = ", ".join(venue.name for venue in query.venues)
    return format_html("<p>Umbrellas at {} for {}</p>", places, query.text or "everybody")


def list_own(request: HttpRequest, query: PageQuery) -> str:
    return "" if query.is_past else SafeString("<p>Your umbrella</p>")


def register() -> None:
    products.register(UMBRELLAS, Product("Umbrellas", "People borrow them when it rains."))
    role_rights.register(UMBRELLAS, {Role.STAFF: "hand out umbrellas"})
    for registry in ON_VENUES_PAGES:
        registry.register(UMBRELLAS, PagePart(invite, UMBRELLAS))
    my_bookings_parts.register(UMBRELLAS, PagePart(list_own))
    managed_pages.register(Purpose.LOAN, "/umbrellas/{}/".format)
    for audience in Audience:
        label = f"Umbrellas for {audience}"
        entry = MenuEntry("home", "ticket", label, label, "Stay dry", (), audience, UMBRELLAS)
        menu_entries.register(f"{UMBRELLAS}-{audience}", entry)
