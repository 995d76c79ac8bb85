from collections.abc import Collection
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from common import clock
from common.blanks import without_blanks
from common.venues import directory
from lending.enums import PRODUCT
from lending.forms import FindForm
from lending.listing import Wanted, complete, list_entries, list_features, read_catalogs
from lending.places import find_venue
from resources.models import Resource, ResourceGroup, Venue
from search.filters import groups_about, resources_about, split_words

PER_PAGE = 24
MOST_LIVE = 50


@require_safe
@without_blanks
def catalogue(request: HttpRequest) -> HttpResponse:
    """Everything that is lent, searched and filtered."""
    venues, now = list(directory().offering(PRODUCT)), clock.now()
    catalogs = read_catalogs(venues)
    features = list_features(catalogs)
    form = FindForm(request.GET, venues=venues, features=features)
    is_valid = form.is_valid()
    cleaned = form.cleaned_data if is_valid else {}
    chosen = form.venues.get(cleaned.get("venue", ""))
    shown = [] if not is_valid else [chosen] if chosen else venues
    text = cleaned.get("q", "")
    found = _find_about(shown, text) if text else frozenset()
    wanted = Wanted(text, cleaned.get("feature", ""), bool(cleaned.get("free")), found)
    listing = list_entries(shown, catalogs, now, wanted)
    page = Paginator(listing.entries, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "venues": venues,
        "face": chosen,
        "page": page,
        "entries": complete(listing, page.object_list, now),
        "now": now,
        "names": dict(features),
        "is_narrowed": any(cleaned.values()),
        "keep": _keep(request),
        "live": urlencode([("venue", venue.slug) for venue in ([chosen] if chosen else venues[:MOST_LIVE])]),
    }
    return render(request, "lending/catalogue.html", context, status=200 if is_valid else 400)


@require_safe
def of_venue(request: HttpRequest, venue: str) -> HttpResponse:
    """The short address of a venue's part of it. Raises ``NotFound``."""
    return redirect(f"{reverse('lend')}?{urlencode({'venue': find_venue(request.user, venue).slug})}")


def _find_about(venues: Collection[Venue], text: str) -> frozenset[str]:
    """By the words that the search of places knows, too: descriptions, cities."""
    words = split_words(text)
    things = resources_about(Resource.objects.filter(venue__in=venues), words)
    groups = groups_about(ResourceGroup.objects.filter(venue__in=venues), words)
    return frozenset(str(uuid) for rows in (things, groups) for uuid in rows.values_list("uuid", flat=True))


def _keep(request: HttpRequest) -> str:
    kept = request.GET.copy()
    kept.pop("page", None)
    return f"&{kept.urlencode()}" if kept else ""
