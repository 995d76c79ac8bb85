from functools import partial

from csp.decorators import csp_replace
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from common.page_parts import PageQuery, embedded_parts, render_parts
from reservations.availability import moment_now
from resources.models import Venue
from search.engine import SearchQuery, today_in
from search.filters import Filters
from search.values import Criteria
from search.windows import Window
from storefront.find.views import make_results

DAYS = 7


@require_safe
def venue_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What a venue offers, in a frame of its own website; booking goes on in a window of ours."""
    venue = Venue.objects.active().filter(slug=slug).first()
    if venue is None:
        raise Http404
    moment = moment_now()
    window = Window(today_in(venue.zone_name, moment), DAYS)
    # In a frame of another site nobody is signed in: browsers keep our cookies from it.
    matches = SearchQuery(Filters(venue=venue), Criteria(), window).find(AnonymousUser(), moment)
    query = PageQuery([venue], window.first, window.last)
    context = {
        "venue": venue,
        "first": window.first,
        "days": DAYS,
        "page": make_results(matches, "", 1).page,
        "parts": render_parts(embedded_parts, request, query),
    }
    show = partial(render, template_name="storefront/embedded/venue.html", context=context)
    origins = venue.embedding_origins
    if not origins:
        return show(request)  # all pages forbid it
    return xframe_options_exempt(csp_replace({"frame-ancestors": origins})(show))(request)
