from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from common.page_parts import PagePart, PageQuery, my_bookings_parts
from waitlist.links import entry_path, token_for
from waitlist.selectors import entries_with_own_offer, open_offer


def render_open_offers(request: HttpRequest, query: PageQuery) -> str:
    """Open offers with their deadlines and the two answers; empty if there are none."""
    if not isinstance(request.user, User):
        return ""
    rows = [
        {
            "entry": entry,
            "offer": open_offer(entry),
            "zone": entry.venue.zone,
            "token": token_for(entry),
            "path": entry_path(entry),
        }
        for entry in entries_with_own_offer(request.user)
    ]
    return render_to_string("storefront/waitlist/_offers.html", {"rows": rows}, request) if rows else ""


def register() -> None:
    my_bookings_parts.register("waitlist", PagePart(render_open_offers))
