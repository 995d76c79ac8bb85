"""The search behind page and API; the number of queries does not depend on the number of candidates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from django.contrib.auth.models import AnonymousUser

from common.clock import epoch_minute
from reservations.availability import DAY, FreeRanges, Moment, StartQuery, find_first_starts, read_busy
from reservations.policies import Booker
from resources.bookables import Bookable, Catalog
from resources.catalog import catalogs
from resources.models import Resource, ResourceGroup
from resources.stays import arrivals_within
from scheduling.spans import Span
from scheduling.zones import day_span, from_minute
from search.bookers import read_bookers
from search.filters import Filters, list_places
from search.values import Candidate, Criteria, Match
from search.windows import Window, first_within, order_nights_last, starts_within

if TYPE_CHECKING:
    from accounts.models import User

Found = TypeVar("Found")
HORIZON = 60 * DAY
DAYS_AHEAD = (7, 14, 39)
"""Looked through one after the other, for hours of the day; together as far as ``HORIZON``."""


def find_matches(
    places: Sequence[Resource | ResourceGroup],
    criteria: Criteria,
    window: Window,
    user: "User | AnonymousUser",
    moment: Moment,
    *,
    with_next: bool = True,
) -> list[Match]:
    """A match for each place, in order. Without ``with_next`` nobody's ``next_start`` is looked for."""
    candidates = list_candidates(places, criteria, user)
    matches = {
        number: Match(candidate, obstacle=candidate.obstacle) for number, candidate in enumerate(candidates)
    }
    open_ones = {number: match.candidate for number, match in matches.items() if match.obstacle is None}
    starts = _find_starts(open_ones, window, moment, starts_within)
    full = {number: candidate for number, candidate in open_ones.items() if not starts[number]}
    # The costly look ahead is only made for places without a start in the window.
    next_starts = _find_next_starts(full, window, moment) if with_next else {}
    return [
        replace(match, starts=tuple(starts.get(number, ())), next_start=next_starts.get(number))
        for number, match in matches.items()
    ]


def find_first_matches(
    places: Sequence[Resource | ResourceGroup],
    criteria: Criteria,
    user: "User | AnonymousUser",
    moment: Moment,
    *,
    begin: datetime | date,
    horizon: int,
) -> list[Match]:
    """The places free within ``horizon`` minutes of ``begin``, the earliest first."""
    candidates = list_candidates(places, criteria, user)
    queries = [
        StartQuery(
            candidate.fitting, candidate.wish, max(_first_minute(begin, candidate.zone), moment.minute)
        )
        for candidate in candidates
    ]
    starts = find_first_starts(queries, horizon=horizon, moment=moment)
    dated = [
        (start, candidate) for start, candidate in zip(starts, candidates, strict=True) if start is not None
    ]
    dated.sort(key=lambda pair: pair[0])
    return [Match(candidate, next_start=start) for start, candidate in dated]


def _first_minute(begin: datetime | date, zone: str) -> int:
    """Answers in UTC minutes; a date begins at midnight of ``zone``."""
    return epoch_minute(begin) if isinstance(begin, datetime) else day_span(begin, zone)[0]


def list_candidates(
    places: Iterable[Resource | ResourceGroup], criteria: Criteria, user: "User | AnonymousUser"
) -> list[Candidate]:
    """Leaves out places deleted a moment ago and groups without members."""
    listed = list(places)
    venue_ids = sorted({place.venue_id for place in listed})
    catalog_by_venue, booker_by_venue = catalogs(venue_ids), read_bookers(user, venue_ids)
    candidates = (
        _make_candidate(place, criteria, catalog_by_venue[place.venue_id], booker_by_venue[place.venue_id])
        for place in listed
    )
    return [candidate for candidate in candidates if candidate]


def _make_candidate(
    place: Resource | ResourceGroup, criteria: Criteria, venue_catalog: Catalog, booker: Booker
) -> Candidate | None:
    if isinstance(place, Resource):
        ids: tuple[int, ...] = (place.pk,)
    else:
        ids = venue_catalog.groups[place.pk].member_ids if place.pk in venue_catalog.groups else ()
    members = tuple(
        venue_catalog.bookables[member_id] for member_id in ids if member_id in venue_catalog.bookables
    )
    return Candidate(place, members, criteria.wish_for(members[0], booker)) if members else None


def _find_starts(
    candidates: dict[int, Candidate],
    window: Window,
    moment: Moment,
    pick: Callable[[Iterable[range], Sequence[Span]], Found],
) -> dict[int, Found]:
    """What ``pick`` makes of the free ranges of each and the spans of the window."""
    spans = {
        zone: window.at(zone, moment.minute).spans(zone, moment.minute)
        for zone in {candidate.zone for candidate in candidates.values()}
    }
    edges = [edge for zone_spans in spans.values() for span in zone_spans for edge in span]
    # Nobody to ask about, or a window that is past in every zone.
    if not edges:
        return {number: pick([], []) for number in candidates}
    start, end = min(edges), max(edges)
    fitting = {number: candidate.fitting for number, candidate in candidates.items()}
    # Read once, from the earliest edge to the latest, for all zones and members together.
    busy = read_busy(
        _list_distinct(fitting.values()),
        start,
        end,
        moment,
        duration=max(candidate.wish.duration for candidate in candidates.values()),
    )
    free = FreeRanges(busy, moment.minute)
    starts = {}
    for number, candidate in candidates.items():
        ranges = [
            free_range
            for member in fitting[number]
            for free_range in free.find(member, candidate.wish, start, end)
        ]
        starts[number] = pick(ranges, spans[candidate.zone])
    return starts


def _list_distinct(groups: Iterable[Iterable[Bookable]]) -> list[Bookable]:
    return list({bookable.id: bookable for bookables in groups for bookable in bookables}.values())


def _find_next_starts(
    candidates: dict[int, Candidate], window: Window, moment: Moment
) -> dict[int, int | None]:
    if not window.is_whole_days:
        return _find_next_at_hours(candidates, window, moment)
    queries = [
        StartQuery(candidate.fitting, candidate.wish, _find_begin(candidate.zone, window, moment))
        for candidate in candidates.values()
    ]
    return dict(zip(candidates, find_first_starts(queries, horizon=HORIZON, moment=moment), strict=True))


def _find_next_at_hours(
    candidates: dict[int, Candidate], window: Window, moment: Moment
) -> dict[int, int | None]:
    """The next starts at the hours of the window, on the days after it."""
    found: dict[int, int | None] = dict.fromkeys(candidates)
    begin = window.last + timedelta(days=1)
    for days in DAYS_AHEAD:
        left = {number: candidate for number, candidate in candidates.items() if found[number] is None}
        later = Window(begin, days, window.opens, window.closes)
        found |= _find_starts(left, later, moment, first_within) if left else {}
        begin = later.last + timedelta(days=1)
    return found


def _find_begin(zone: str, window: Window, moment: Moment) -> int:
    return max(window.at(zone, moment.minute).around(zone)[0], moment.minute)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    filters: Filters
    criteria: Criteria
    window: Window

    def find(self, user: "User | AnonymousUser", moment: Moment, *, with_next: bool = True) -> list[Match]:
        """The matches; in windows of whole days, the night starts of each day to come are last."""
        places = list_places(self.filters, user)
        matches = find_matches(places, self.criteria, self.window, user, moment, with_next=with_next)
        return [self._with_nights_last(_with_arrivals(match), moment) for match in matches]

    def _with_nights_last(self, match: Match, moment: Moment) -> Match:
        # Those who search for certain hours want the soonest start first.
        if not match.starts or not self.window.is_whole_days:
            return match
        today = today_in(match.zone, moment)
        return replace(match, starts=tuple(order_nights_last(match.starts, self.window, match.zone, today)))


def _with_arrivals(match: Match) -> Match:
    """A stay begins when the house opens for the night, though a late guest could be booked later."""
    if not match.starts or not match.is_stay:
        return match
    span = match.starts[0], match.starts[-1] + 1
    arrivals = {at for member in match.candidate.fitting for at in arrivals_within(member, *span)}
    kept = tuple(start for start in match.starts if start in arrivals)
    return replace(match, starts=kept) if kept else match


def today_in(zone: str, moment: Moment) -> date:
    return from_minute(moment.minute, zone).date()
