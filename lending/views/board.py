from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common import clock
from common.venues import directory
from lending.enums import PRODUCT
from lending.places import find_any_venue
from lending.wall import list_cards, may_hang_openly
from resources.catalog import catalog_of

PER_PAGE = 300
"""More than any wall has; a script shows as many at once as the screen holds."""
REFRESH = 30
"""Seconds; without scripts the page comes anew."""


@never_cache
@require_safe
def board(request: HttpRequest, venue: str) -> HttpResponse:
    """For a screen on the wall, also before anything is lent. Raises ``NotFound``."""
    found = find_any_venue(request.user, venue)
    venue_catalog = catalog_of(found)
    if not request.user.is_authenticated and not may_hang_openly(venue_catalog):
        return redirect_to_login(request.get_full_path())
    now = clock.now()
    cards = list_cards(found, venue_catalog, now) if directory().offers(found.pk, PRODUCT) else []
    page = Paginator(cards, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "venue": found,
        "face": found,
        "page": page,
        "now": now.astimezone(found.zone),
        "refresh": REFRESH,
    }
    return render(request, "lending/board.html", context)
