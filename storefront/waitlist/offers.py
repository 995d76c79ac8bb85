"""What the page "My bookings" shows of the waitlist: times that are held for an answer."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from waitlist.links import entry_path, token_for
from waitlist.selectors import open_offer, own_offers


def offers_above(request: HttpRequest) -> str:
    """Each with its deadline and the two answers; nothing where nothing is held."""
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
        for entry in own_offers(request.user)
    ]
    return render_to_string("storefront/waitlist/_offers.html", {"rows": rows}, request) if rows else ""
