"""What to give way in when nothing is free: each proposal is tried, so that it keeps its promise."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

from reservations.availability import Moment
from search.engine import Asked, Found, find
from search.filters import Filters, rows_for
from search.windows import Window

if TYPE_CHECKING:
    from accounts.models import User

A_WEEK = 7
TEXTS = {
    "time": ngettext_lazy(
        "%(count)d place is free at another time of day",
        "%(count)d places are free at another time of day",
        "count",
    ),
    "days": ngettext_lazy(
        "%(count)d place is free within 7 days", "%(count)d places are free within 7 days", "count"
    ),
    "duration": ngettext_lazy(
        "%(count)d place is free for its usual length",
        "%(count)d places are free for their usual length",
        "count",
    ),
    "party_size": ngettext_lazy(
        "%(count)d place is free for fewer people", "%(count)d places are free for fewer people", "count"
    ),
    "features": ngettext_lazy(
        "%(count)d place is free without these features",
        "%(count)d places are free without these features",
        "count",
    ),
    "q": ngettext_lazy(
        "%(count)d place is free under other names", "%(count)d places are free under other names", "count"
    ),
    "kind": ngettext_lazy(
        "%(count)d place is free of another kind", "%(count)d places are free of another kind", "count"
    ),
    "place": ngettext_lazy(
        "%(count)d place is free elsewhere", "%(count)d places are free elsewhere", "count"
    ),
}


@dataclass(frozen=True, slots=True)
class Query:
    """A whole search: through what, and for what."""

    filters: Filters
    asked: Asked

    def results(self, user: "User | AnonymousUser", moment: Moment, *, with_next: bool = True) -> list[Found]:
        return find(rows_for(self.filters, user), self.asked, user, moment, with_next=with_next)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A sentence with the number of places, and the parameters of the search that it changes."""

    text: str | Promise
    changes: dict[str, str | None]


def proposals(query: Query, user: "User | AnonymousUser", moment: Moment) -> list[Proposal]:
    """What of the query to change so that something is free; most results first."""
    found = []
    for name, looser, changes in _looser(query):
        rows = looser.results(user, moment, with_next=False)
        count = sum(1 for each in rows if each.starts and not each.is_group)
        if count:
            found.append((count, Proposal(TEXTS[name] % {"count": count}, changes)))
    return [proposal for _count, proposal in sorted(found, key=lambda pair: -pair[0])]


def _looser(query: Query) -> Iterator[tuple[str, Query, dict[str, str | None]]]:
    """The name of its text, the query, and the changed parameters; None takes one out."""
    filters, asked = query.filters, query.asked
    window = asked.window
    if not window.is_whole_days:
        free = replace(asked, window=Window(window.first, window.days))
        yield "time", Query(filters, free), {"part": None, "earliest": None, "latest": None}
    if window.days < A_WEEK:
        yield "days", Query(filters, replace(asked, window=replace(window, days=A_WEEK))), {"days": "7"}
    if asked.duration:
        yield "duration", Query(filters, replace(asked, duration=None)), {"duration": None}
    if asked.party_size:
        yield "party_size", Query(filters, replace(asked, party_size=None)), {"party_size": None}
    if filters.features:
        yield "features", Query(replace(filters, features=()), asked), {"features": None}
    if filters.text:
        yield "q", Query(replace(filters, text=""), asked), {"q": None}
    if filters.kind:
        yield "kind", Query(replace(filters, kind=""), asked), {"kind": None}
    if filters.venue or filters.city:
        yield "place", Query(replace(filters, venue=None, city=""), asked), {"venue": None, "city": None}
