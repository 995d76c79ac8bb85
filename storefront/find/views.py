import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common.blanks import without_blanks
from common.forms import offer_from
from common.htmx import is_swap, retarget
from common.page_parts import PageQuery, first_steps, home_parts, render_parts, search_parts
from common.templatetags.holdfast import short_day
from reservations.availability import Moment, moment_now
from resources.models import Venue
from search.engine import SearchQuery, today_in
from search.filters import features_in_use
from search.forms import SearchForm
from search.suggestions import suggest_changes
from search.values import Criteria, Match
from search.windows import Window, next_weekday
from storefront.find.month import build_month
from storefront.find.words import describe_search
from storefront.forms import MonthForm

PER_PAGE = 20
MOST_LIVE = 50
AT_FIRST = 6
"""Places shown to a visitor who has not searched yet."""
DAYS_AT_FIRST = 7
SATURDAY = 5
NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Results:
    """One page of the matches. ``unfit``: they do not suit such a booking at any time; ``elsewhere``: nobody
    books them.
    """

    page: Page[Match]
    unfit: list[Match]
    elsewhere: list[Match]
    first: Match | None
    free: int

    @property
    def zone(self) -> str:
        """The time zone of most results; the others name their own."""
        zones = Counter(match.zone for match in self.page)
        return zones.most_common(1)[0][0] if zones else ""


@require_safe
@without_blanks
def home(request: HttpRequest) -> HttpResponse:
    venues = list(Venue.objects.active())
    moment = moment_now()
    today = _find_today(request, venues, moment)
    form = _make_form(request, venues, today)
    context: dict[str, Any] = {
        "form": form,
        "venues": venues,
        "today": today,
        "days": list_quick_days(today),
    }
    context |= {"tomorrow": today + timedelta(days=1), "idempotency_key": uuid.uuid4()}
    if not form.is_valid():
        return _show_errors(request, context)
    is_first_sight = not set(request.GET) & {*form.fields, "page"}
    context |= _search(request, form, today, moment, is_first_sight=is_first_sight)
    parts = home_parts if is_first_sight else search_parts
    asked = _query_parts(form, venues, context["window"], context["results"].elsewhere)
    context["parts"] = render_parts(parts, request, asked)
    if context.get("is_bare"):
        context["first_steps"] = render_parts(first_steps, request, asked)
    context["asked_words"] = describe_search(form, None if is_first_sight else context["window"], today)
    return render(request, "storefront/find/find.html", context | {"live": _live_query(form, venues)})


@require_safe
@without_blanks
def month(request: HttpRequest) -> HttpResponse:
    """Days to choose from, by themselves or in a dialog of the search."""
    venues, moment = list(Venue.objects.active()), moment_now()
    today = _find_today(request, venues, moment)
    form, month_form = _make_form(request, venues, today), MonthForm(request.GET)
    kept = _change_query(request.GET, {"date": None, "month": None, "days": None})
    context: dict[str, Any] = {"asked_query": kept, "month_path": request.path, "day_path": reverse("home")}
    context |= {"month_keep": f"&{kept}" if kept else "", "keep_also": f"&{kept}" if kept else ""}
    if not form.is_valid() or not month_form.is_valid():
        errors = [error for each in (form, month_form) for found in each.errors.values() for error in found]
        return render(request, "storefront/find/month.html", context | {"errors": errors}, status=400)
    query = SearchQuery(form.filters, form.criteria, form.window(today))
    shown = month_form.cleaned_data["month"] or max(query.window.first, today)
    context |= {"on": query.window.first} | build_month(query, shown, today, request.user, moment)
    return render(request, "storefront/find/month.html", context)


def _query_parts(
    form: SearchForm, venues: Sequence[Venue], window: Window, elsewhere: Sequence[Match]
) -> PageQuery:
    """Where a kind of place or its features are asked for, only of what was found and nobody books."""
    filters = form.filters
    is_narrow = bool(filters.kind or filters.features)
    asked = {match.venue.pk for match in elsewhere}
    wanted = [filters.venue] if filters.venue else venues
    return PageQuery(
        [venue for venue in wanted if (venue.pk in asked if is_narrow else filters.city in ("", venue.city))],
        window.first,
        window.last,
        form.criteria.party_size,
        "" if is_narrow else filters.text,
        elsewhere_ids=frozenset(str(match.row.uuid) for match in elsewhere),
    )


def _show_errors(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The whole form again, because htmx swaps nothing that comes with an error's status."""
    status = 200 if is_swap(request) else 400
    context["asked_words"] = _("Check your search")
    response = render(request, "storefront/find/find.html", context, status=status)
    return retarget(response, "#finder") if is_swap(request) else response


def _find_today(request: HttpRequest, venues: Sequence[Venue], moment: Moment) -> date:
    """In the zone of the chosen venue, or of all venues if they share one; else UTC."""
    chosen = [venue for venue in venues if venue.slug == request.GET.get("venue")]
    zones = {venue.zone_name for venue in chosen or venues}
    return today_in(zones.pop() if len(zones) == 1 else "UTC", moment)


def _make_form(request: HttpRequest, venues: Sequence[Venue], today: date) -> SearchForm:
    parameters = request.GET.copy()
    parameters.setdefault("date", today.isoformat())
    venue_slug, ticked_slugs = parameters.get("venue"), parameters.getlist("features")
    # What is ticked stays when the venue has no such thing: it is valid, and can be taken out.
    features = {
        match.slug: match.name
        for match in features_in_use()
        if not venue_slug or match.venue.slug == venue_slug or match.slug in ticked_slugs
    }
    form = SearchForm(parameters, venues=venues, features=features.items())
    offer_from(form, "date", today)
    return form


def list_quick_days(today: date) -> list[tuple[str, date]]:
    """Each of another day: a Saturday of the week after is called by its date."""
    tomorrow = today + timedelta(days=1)
    saturday = next_weekday(SATURDAY, after=tomorrow)
    is_near = saturday - today < timedelta(days=DAYS_AT_FIRST)
    return [
        (_("Today"), today),
        (_("Tomorrow"), tomorrow),
        (_("Saturday") if is_near else short_day(saturday), saturday),
    ]


def _search(
    request: HttpRequest, form: SearchForm, today: date, moment: Moment, *, is_first_sight: bool
) -> dict[str, Any]:
    if is_first_sight:
        soon = Window(today, DAYS_AT_FIRST)
        matches = SearchQuery(form.filters, Criteria(), soon).find(request.user, moment)
        elsewhere = [match for match in matches if match.is_elsewhere]
        results = make_results([*_pick_at_first(matches), *elsewhere], "", 1, per_page=AT_FIRST)
        return {
            "results": results,
            "window": soon,
            "is_first_sight": True,
            "is_bare": len(elsewhere) == len(matches),
        }
    query = SearchQuery(form.filters, form.criteria, form.window(today))
    matches = query.find(request.user, moment)
    results = make_results(matches, form.cleaned_data["sort"], request.GET.get("page", 1))
    context = {"results": results, "window": query.window, "asked": query.criteria}
    # Each suggestion costs a search of its own, so they are made only when nothing is free.
    if not results.free and not results.elsewhere:
        suggestions = suggest_changes(query, request.user, moment)
        context["proposals"] = [
            (suggestion.text, _change_query(request.GET, suggestion.changes)) for suggestion in suggestions
        ]
    return context


def _pick_at_first(matches: Sequence[Match]) -> list[Match]:
    """The first free match of each kind, and while there is room, whatever else is free soonest."""
    resources = [match for match in matches if match.starts and not match.is_group]
    first_by_kind: dict[str, Match] = {}
    others: list[Match] = []
    for match in sorted(resources, key=lambda match: match.starts[0]):
        kind = match.candidate.members[0].kind
        if first_by_kind.setdefault(kind, match) is not match:
            others.append(match)
    return [*first_by_kind.values(), *others][:AT_FIRST]


def make_results(matches: Sequence[Match], sort: str, page: Any, *, per_page: int = PER_PAGE) -> Results:
    elsewhere = [match for match in matches if match.is_elsewhere]
    unfit = [match for match in matches if match.is_unfit]
    bookable = (match for match in matches if not match.is_unfit and not match.is_elsewhere)
    fitting = sorted(bookable, key=lambda match: _rank(match, sort))
    first = min(
        (match for match in fitting if match.first is not None),
        key=lambda match: (match.first or NEVER, match.is_group),
        default=None,
    )
    unfit_resources = [match for match in unfit if not match.is_group]
    free = sum(1 for match in fitting if match.starts and not match.is_group)
    shown = Paginator(fitting, per_page).get_page(page)
    prefetch_related_objects([match.row for match in shown if not match.is_group], "features")
    return Results(shown, unfit_resources, elsewhere, first, free)


def _rank(match: Match, sort: str) -> tuple[Any, ...]:
    """Free places first, then those free later, then those this visitor may not book."""
    first = match.first if match.first is not None else NEVER
    group = (match.obstacle is not None, match.first is None, not match.starts)
    if sort == "price":
        price = match.price
        return (*group, price is None, price or 0, first)
    if sort == "name":
        return (*group, match.row.name.casefold())
    return (*group, first)


def _change_query(parameters: QueryDict, changes: dict[str, str | None]) -> str:
    query = parameters.copy()
    for name, value in (changes | {"page": None}).items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return query.urlencode()


def _live_query(form: SearchForm, venues: Sequence[Venue]) -> str:
    chosen = form.filters.venue
    slugs = [chosen.slug] if chosen else [venue.slug for venue in venues[:MOST_LIVE]]
    return urlencode([("venue", slug) for slug in slugs])
