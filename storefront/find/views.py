"""The first page: a search over everything that can be booked, and its results."""

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
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from common.htmx import is_swap, retarget
from reservations.availability import Moment, moment_now
from resources.models import Venue
from search.engine import SearchQuery, today_in
from search.filters import features_in_use
from search.forms import SearchForm
from search.suggestions import suggest_changes
from search.values import Criteria, Match
from search.windows import Window, next_weekday

PER_PAGE = 20
MOST_LIVE = 50
AT_FIRST = 6
"""How many places a visitor sees who has not asked for anything yet."""
DAYS_AT_FIRST = 7
SATURDAY = 5
NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Results:
    """What a page shows of everything found; ``unfit`` is not meant for such a booking."""

    page: Page[Match]
    unfit: list[Match]
    first: Match | None
    free: int

    @property
    def zone(self) -> str:
        """The time zone of most results; the others name their own."""
        zones = Counter(found.zone for found in self.page)
        return zones.most_common(1)[0][0] if zones else ""


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The search form; below it what it finds, or what is free soon at first sight."""
    venues = list(Venue.objects.active())
    moment = moment_now()
    today = _today(request, venues, moment)
    form = _form(request, venues, today)
    context: dict[str, Any] = {"form": form, "venues": venues, "today": today, "days": _quick_days(today)}
    context["idempotency_key"] = uuid.uuid4()
    if not form.is_valid():
        return _with_errors(request, context)
    is_first_sight = not set(request.GET) & {*form.fields, "page"}
    context |= _found(request, form, today, moment, is_first_sight=is_first_sight)
    return render(request, "storefront/find/find.html", context | {"live": _live(form, venues)})


def _with_errors(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The whole form again; htmx swaps nothing that comes with an error's status."""
    status = 200 if is_swap(request) else 400
    response = render(request, "storefront/find/find.html", context, status=status)
    return retarget(response, "#finder") if is_swap(request) else response


def _today(request: HttpRequest, venues: Sequence[Venue], moment: Moment) -> date:
    """The present day where one looks: at the chosen venue, or where all of them are; else in UTC."""
    chosen = [venue for venue in venues if venue.slug == request.GET.get("venue")]
    zones = {venue.zone_name for venue in chosen or venues}
    return today_in(zones.pop() if len(zones) == 1 else "UTC", moment)


def _form(request: HttpRequest, venues: Sequence[Venue], today: date) -> SearchForm:
    given = request.GET.copy()
    given.setdefault("date", today.isoformat())
    chosen, ticked = given.get("venue"), given.getlist("features")
    # What is ticked stays when the venue has no such thing: it is valid, and can be taken out.
    features = {
        each.slug: each.name
        for each in features_in_use()
        if not chosen or each.venue.slug == chosen or each.slug in ticked
    }
    return SearchForm(given, venues=venues, features=features.items())


def _quick_days(today: date) -> list[tuple[str, date]]:
    return [
        (_("Today"), today),
        (_("Tomorrow"), today + timedelta(days=1)),
        (_("Saturday"), next_weekday(SATURDAY, today)),
    ]


def _found(
    request: HttpRequest, form: SearchForm, today: date, moment: Moment, *, is_first_sight: bool
) -> dict[str, Any]:
    if is_first_sight:
        soon = Window(today, DAYS_AT_FIRST)
        matches = SearchQuery(form.filters, Criteria(), soon).find(request.user, moment)
        results = _results(_one_of_each(matches), "", 1, per_page=AT_FIRST)
        return {"results": results, "window": soon, "is_first_sight": True}
    query = SearchQuery(form.filters, form.criteria, form.window(today))
    matches = query.find(request.user, moment)
    results = _results(matches, form.cleaned_data["sort"], request.GET.get("page", 1))
    context = {"results": results, "window": query.window, "asked": query.criteria}
    if not results.free:
        suggestions = suggest_changes(query, request.user, moment)
        context["proposals"] = [(each.text, _changed(request.GET, each.changes)) for each in suggestions]
    return context


def _one_of_each(found: Sequence[Match]) -> list[Match]:
    """Of each kind the one that is free first: a look at what there is."""
    things = [each for each in found if each.starts and not each.is_group]
    kinds: dict[str, Match] = {}
    for each in sorted(things, key=lambda each: each.starts[0]):
        kinds.setdefault(each.candidate.members[0].kind, each)
    return list(kinds.values())


def _results(found: Sequence[Match], sort: str, page: Any, *, per_page: int = PER_PAGE) -> Results:
    unfit = [each for each in found if each.is_unfit]
    fitting = sorted((each for each in found if not each.is_unfit), key=lambda each: _rank(each, sort))
    first = min(
        (each for each in fitting if each.first is not None),
        key=lambda each: (each.first or NEVER, each.is_group),
        default=None,
    )
    things = [each for each in unfit if not each.is_group]
    free = sum(1 for each in fitting if each.starts and not each.is_group)
    shown = Paginator(fitting, per_page).get_page(page)
    prefetch_related_objects([each.row for each in shown if not each.is_group], "features")
    return Results(shown, things, first, free)


def _rank(match: Match, sort: str) -> tuple[Any, ...]:
    """What is free comes first, then what will be, then what this visitor may not book."""
    first = match.first if match.first is not None else NEVER
    group = (match.obstacle is not None, match.first is None, not match.starts)
    if sort == "price":
        price = match.price
        return (*group, price is None, price or 0, first)
    if sort == "name":
        return (*group, match.row.name.casefold())
    return (*group, first)


def _changed(given: QueryDict, changes: dict[str, str | None]) -> str:
    """The query string with some parameters changed, from its first page on."""
    query = given.copy()
    for name, value in (changes | {"page": None}).items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return query.urlencode()


def _live(form: SearchForm, venues: Sequence[Venue]) -> str:
    """What the page listens for: the venues it looks at, but for more than can be named."""
    chosen = form.filters.venue
    slugs = [chosen.slug] if chosen else [venue.slug for venue in venues[:MOST_LIVE]]
    return urlencode([("venue", slug) for slug in slugs])
