"""Finding a time over everything that can be booked: resources, and groups of which any one will do.

Page and API ask here. Candidates come from the database once; then one query reads what is booked, and a
few more look for the next time of those that are not free. How many there are does not depend on how many
candidates there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from common.clock import epoch_minute
from reservations.availability import DAY, FreeRanges, Moment, StartQuery, busy_for, find_first_starts
from reservations.policies import Booker
from resources.catalog import catalogs
from resources.facts import Bookable, Catalog
from resources.models import Resource, ResourceGroup
from scheduling.zones import day_span, from_minute
from search.bookers import read_bookers
from search.filters import Filters, list_places
from search.values import Candidate, Criteria, Match
from search.windows import Window, day_before_night, starts_within

if TYPE_CHECKING:
    from accounts.models import User

HORIZON = 60 * DAY
"""How far ahead the next free time is looked for, minutes."""


def find_matches(
    rows: Sequence[Resource | ResourceGroup],
    criteria: Criteria,
    window: Window,
    user: "User | AnonymousUser",
    moment: Moment,
    *,
    with_next: bool = True,
) -> list[Match]:
    """Every row with its free starts, in order; ``with_next`` False leaves out when the others are free."""
    candidates = list_candidates(rows, criteria, user)
    matches = {number: Match(each, obstacle=each.obstacle) for number, each in enumerate(candidates)}
    open_ones = {number: each.candidate for number, each in matches.items() if each.obstacle is None}
    starts = _find_starts(open_ones, window, moment)
    full = {number: each for number, each in open_ones.items() if not starts[number]}
    next_starts = _find_next_starts(full, window, moment) if with_next else {}
    return [
        replace(match, starts=tuple(starts.get(number, ())), next_start=next_starts.get(number))
        for number, match in matches.items()
    ]


def find_first_matches(
    rows: Sequence[Resource | ResourceGroup],
    criteria: Criteria,
    user: "User | AnonymousUser",
    moment: Moment,
    *,
    begin: datetime | date,
    horizon: int,
) -> list[Match]:
    """Each row's first free time within ``horizon`` minutes of ``begin``, the earliest first."""
    candidates = list_candidates(rows, criteria, user)
    queries = [
        StartQuery(each.fitting, each.wish, max(_first_minute(begin, each.zone), moment.minute))
        for each in candidates
    ]
    starts = find_first_starts(queries, horizon=horizon, moment=moment)
    dated = [(start, each) for start, each in zip(starts, candidates, strict=True) if start is not None]
    dated.sort(key=lambda pair: pair[0])
    return [Match(each, next_start=start) for start, each in dated]


def _first_minute(begin: datetime | date, zone: str) -> int:
    """A date begins at each place's own midnight."""
    return epoch_minute(begin) if isinstance(begin, datetime) else day_span(begin, zone)[0]


def list_candidates(
    rows: Iterable[Resource | ResourceGroup], criteria: Criteria, user: "User | AnonymousUser"
) -> list[Candidate]:
    """The rows as the engine sees them, without what was deleted a moment ago and groups of nothing."""
    listed = list(rows)
    venue_ids = sorted({row.venue_id for row in listed})
    facts, bookers = catalogs(venue_ids), read_bookers(user, venue_ids)
    candidates = (_candidate(row, criteria, facts[row.venue_id], bookers[row.venue_id]) for row in listed)
    return [each for each in candidates if each]


def _candidate(
    row: Resource | ResourceGroup, criteria: Criteria, venue: Catalog, booker: Booker
) -> Candidate | None:
    if isinstance(row, Resource):
        ids: tuple[int, ...] = (row.pk,)
    else:
        ids = venue.groups[row.pk].member_ids if row.pk in venue.groups else ()
    members = tuple(venue.bookables[member_id] for member_id in ids if member_id in venue.bookables)
    return Candidate(row, members, criteria.wish_for(members[0], booker)) if members else None


def _find_starts(candidates: dict[int, Candidate], window: Window, moment: Moment) -> dict[int, list[int]]:
    """Free starts within the window; one query for all."""
    spans = {zone: window.spans(zone, moment.minute) for zone in {each.zone for each in candidates.values()}}
    edges = [edge for zone_spans in spans.values() for span in zone_spans for edge in span]
    if not edges:  # nobody to ask about, or a window that is past everywhere
        return {number: [] for number in candidates}
    start, end = min(edges), max(edges)
    fitting = {number: each.fitting for number, each in candidates.items()}
    busy = busy_for(
        _distinct(fitting.values()),
        start,
        end,
        moment,
        duration=max(each.wish.duration for each in candidates.values()),
    )
    free = FreeRanges(busy, moment.minute)
    starts = {}
    for number, each in candidates.items():
        ranges = [part for member in fitting[number] for part in free.find(member, each.wish, start, end)]
        starts[number] = starts_within(ranges, spans[each.zone])
    return starts


def _distinct(groups: Iterable[Iterable[Bookable]]) -> list[Bookable]:
    return list({each.id: each for members in groups for each in members}.values())


def _find_next_starts(
    candidates: dict[int, Candidate], window: Window, moment: Moment
) -> dict[int, int | None]:
    """The first free start from the window's first day on, at any time of day."""
    queries = [
        StartQuery(each.fitting, each.wish, max(window.around(each.zone)[0], moment.minute))
        for each in candidates.values()
    ]
    return dict(zip(candidates, find_first_starts(queries, horizon=HORIZON, moment=moment), strict=True))


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A whole search of the page: among what, for what, and when."""

    filters: Filters
    criteria: Criteria
    window: Window

    def find(self, user: "User | AnonymousUser", moment: Moment, *, with_next: bool = True) -> list[Match]:
        """The matches; their starts in the order in which people look: of a day to come, its night last."""
        places = list_places(self.filters, user)
        matches = find_matches(places, self.criteria, self.window, user, moment, with_next=with_next)
        return [self._with_nights_last(match, moment) for match in matches]

    def _with_nights_last(self, match: Match, moment: Moment) -> Match:
        """From now on, the soonest comes first; so does whatever lies in hours that were asked for."""
        window = self.window
        if not match.starts or not window.is_whole_days or window.first <= today_in(match.zone, moment):
            return match
        return replace(match, starts=tuple(day_before_night(match.starts, window, match.zone)))


def today_in(zone: str, moment: Moment) -> date:
    return from_minute(moment.minute, zone).date()
