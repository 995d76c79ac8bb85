"""How to loosen a search that finds nothing; each suggestion was searched for, so that it finds something."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

from reservations.availability import Moment
from search.engine import SearchQuery
from search.windows import Window

if TYPE_CHECKING:
    from accounts.models import User

A_WEEK = 7
ParameterChanges = dict[str, str | None]
TEXTS = {
    "time": ngettext_lazy(
        "Other times of day (%(count)d place)",
        "Other times of day (%(count)d places)",
        "count",
    ),
    "days": ngettext_lazy("Next 7 days (%(count)d place)", "Next 7 days (%(count)d places)", "count"),
    "duration": ngettext_lazy(
        "Any duration (%(count)d place)",
        "Any duration (%(count)d places)",
        "count",
    ),
    "party_size": ngettext_lazy("Fewer people (%(count)d place)", "Fewer people (%(count)d places)", "count"),
    "features": ngettext_lazy(
        "Without these features (%(count)d place)",
        "Without these features (%(count)d places)",
        "count",
    ),
    "q": ngettext_lazy(
        "Without the search term (%(count)d place)", "Without the search term (%(count)d places)", "count"
    ),
    "kind": ngettext_lazy("All types (%(count)d place)", "All types (%(count)d places)", "count"),
    "place": ngettext_lazy("All locations (%(count)d place)", "All locations (%(count)d places)", "count"),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str | Promise
    changes: ParameterChanges


def suggest_changes(query: SearchQuery, user: "User | AnonymousUser", moment: Moment) -> list[Suggestion]:
    suggestions = []
    for name, looser, changes in _looser_queries(query):
        # Only what is free in the looser query counts, so nobody's next free time is looked for.
        matches = looser.find(user, moment, with_next=False)
        count = sum(1 for match in matches if match.starts and not match.is_group)
        if count:
            suggestions.append((count, Suggestion(TEXTS[name] % {"count": count}, changes)))
    return [suggestion for _count, suggestion in sorted(suggestions, key=lambda pair: -pair[0])]


def _looser_queries(query: SearchQuery) -> Iterator[tuple[str, SearchQuery, ParameterChanges]]:
    """The name of the text, the looser query, and the parameters that differ."""
    filters, criteria, window = query.filters, query.criteria, query.window
    if not window.is_whole_days:
        whole_days = Window(window.first, window.days)
        changes: ParameterChanges = {"part": None, "earliest": None, "latest": None}
        yield "time", replace(query, window=whole_days), changes
    if window.days < A_WEEK:
        yield "days", replace(query, window=replace(window, days=A_WEEK)), {"days": "7"}
    if criteria.duration:
        yield "duration", replace(query, criteria=replace(criteria, duration=None)), {"duration": None}
    if criteria.party_size:
        yield "party_size", replace(query, criteria=replace(criteria, party_size=None)), {"party_size": None}
    if filters.features:
        yield "features", replace(query, filters=replace(filters, features=())), {"features": None}
    if filters.text:
        yield "q", replace(query, filters=replace(filters, text="")), {"q": None}
    if filters.kind:
        yield "kind", replace(query, filters=replace(filters, kind="")), {"kind": None}
    if filters.venue or filters.city:
        anywhere = replace(filters, venue=None, city="")
        yield "place", replace(query, filters=anywhere), {"venue": None, "city": None}
