from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from common import clock
from common.page_parts import PagePart, PageQuery, my_bookings_parts
from reservations.fee_schedule import describe_cancelling
from waitlist.links import entry_path, token_for
from waitlist.models import WaitlistEntry
from waitlist.naming import name_entries
from waitlist.selectors import entries_with_own_offer, open_offer


def render_open_offers(request: HttpRequest, query: PageQuery) -> str:
    """Open offers with their deadlines and the two answers; empty if there are none."""
    if not isinstance(request.user, User):
        return ""
    entries = entries_with_own_offer(request.user)
    name_entries(entries)
    rows = [_make_row(entry) for entry in entries]
    return render_to_string("storefront/waitlist/_offers.html", {"rows": rows}, request) if rows else ""


def _make_row(entry: WaitlistEntry) -> dict[str, Any]:
    offer = open_offer(entry)
    return {
        "entry": entry,
        "offer": offer,
        "fees": describe_cancelling(offer.reservation, now=clock.now()) if offer else "",
        "zone": entry.venue.zone,
        "token": token_for(entry),
        "path": entry_path(entry),
    }


def register() -> None:
    my_bookings_parts.register("waitlist", PagePart(render_open_offers))
