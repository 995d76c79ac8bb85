from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput, NotFound
from reservations.availability import Moment, Probe
from reservations.availability.occupied import rows_touching
from reservations.domain.values import ItemRequest
from resources.bookables import Bookable, Catalog, Group, Leaf
from resources.enums import ChoiceRule, UnitsBy
from scheduling.spans import clip
from scheduling.zones import day_span, from_minute

MOST_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A booked resource and its units; with ``takes_all``, all units of each leaf, however many."""

    bookable: Bookable
    units: int
    group_id: int | None = None
    takes_all: bool = False

    def units_of(self, leaf: Leaf) -> int:
        return max(leaf.limit, 1) if self.takes_all else self.units


def make_full_line(bookable: Bookable, group_id: int | None = None) -> Line:
    return Line(bookable, max(bookable.limit, 1), group_id, takes_all=True)


def swap_line(line: Line, bookable: Bookable, party_size: int) -> Line:
    """The same line at another resource. For resources booked per person, the party gives the units."""
    if line.takes_all:
        return make_full_line(bookable)
    quantity = 1 if line.bookable.units_by == UnitsBy.PERSON else line.units
    return Line(bookable, bookable.units_for(party_size, quantity))


def fit_line(line: Line, party_size: int) -> Line:
    """The same line for another party."""
    if line.takes_all:
        return line
    return replace(line, units=line.bookable.units_for(party_size, line.units))


@dataclass(frozen=True, slots=True)
class Span:
    """UTC minutes and people."""

    start: int
    end: int
    party_size: int


def list_options(
    items: Sequence[ItemRequest], venue_catalog: Catalog, span: Span, moment: Moment
) -> list[list[Line]]:
    return list_options_at(items, venue_catalog, [span], moment)[span]


def list_options_at(
    items: Sequence[ItemRequest], venue_catalog: Catalog, spans: Sequence[Span], moment: Moment
) -> dict[Span, list[list[Line]]]:
    """For each span and item the lines that would serve, in order of choice; at most one query.

    Raises ``InvalidInput`` for too few or too many items, ``NotFound`` for what the venue does not have.
    """
    if not 1 <= len(items) <= MOST_ITEMS:
        raise InvalidInput(_("Book 1 to %(most)d resources at once.") % {"most": MOST_ITEMS})
    if any(item.quantity < 1 for item in items):
        raise InvalidInput(_("Enter a quantity of 1 or more."), fields={"quantity": [_("Enter 1 or more.")]})
    resource_ids = [item.resource_id for item in items if item.resource_id is not None]
    if len(set(resource_ids)) < len(resource_ids):
        raise InvalidInput(_("List each resource once, with a quantity."))
    booked = _read_booked_minutes(_list_least_booked(items, venue_catalog), spans, moment)
    return {span: [_make_lines(item, venue_catalog, span, booked) for item in items] for span in spans}


def _list_least_booked(items: Sequence[ItemRequest], venue_catalog: Catalog) -> list[Bookable]:
    groups = [venue_catalog.groups.get(item.group_id or 0) for item in items]
    least_booked_groups = [
        group for group in groups if group and group.choice_rule == ChoiceRule.LEAST_BOOKED
    ]
    return [venue_catalog.bookables[member] for group in least_booked_groups for member in group.member_ids]


BookedMinutes = Mapping[tuple[Span, int], int]


def _make_lines(item: ItemRequest, venue_catalog: Catalog, span: Span, booked: BookedMinutes) -> list[Line]:
    members = _list_members(item, venue_catalog, span, booked)
    if not members:
        raise NotFound(_("This resource doesn't belong to this venue."))
    if item.takes_all:
        return [make_full_line(member, item.group_id) for member in members]
    return [
        Line(member, member.units_for(span.party_size, item.quantity), item.group_id) for member in members
    ]


def _list_members(
    item: ItemRequest, venue_catalog: Catalog, span: Span, booked: BookedMinutes
) -> list[Bookable]:
    """In order of choice."""
    if item.group_id is not None:
        group = venue_catalog.groups.get(item.group_id)
        return _sort_members(group, venue_catalog, span, booked) if group and group.is_active else []
    named = item.any_of or (item.resource_id or 0,)
    return [venue_catalog.bookables[name] for name in named if name in venue_catalog.bookables]


def _sort_members(group: Group, venue_catalog: Catalog, span: Span, booked: BookedMinutes) -> list[Bookable]:
    members = [venue_catalog.bookables[member] for member in group.member_ids]
    match group.choice_rule:
        case ChoiceRule.BEST_FIT:
            return sorted(members, key=lambda member: member.capacity)
        case ChoiceRule.LEAST_BOOKED:
            return sorted(members, key=lambda member: booked[span, member.id])
    return members


def _read_booked_minutes(members: Sequence[Bookable], spans: Sequence[Span], moment: Moment) -> BookedMinutes:
    """Each member's booked minutes on the local day of each start; one query."""
    booked_minutes: dict[tuple[Span, int], int] = defaultdict(int)
    owners, windows = [], []
    for span in spans if members else ():
        zone = str(members[0].zone)
        day = day_span(from_minute(span.start, zone).date(), zone)
        for member in members:
            owners += [(span, member.id)] * len(member.leaves)
            windows += [(leaf.id, *day) for leaf in member.leaves]
    for position, rows in rows_touching(windows, now_seconds=moment.seconds).items():
        _leaf, first, last = windows[position]
        booked_minutes[owners[position]] += sum(
            end - start for row in rows for start, end in clip([row[:2]], first, last)
        )
    return booked_minutes


def make_probes(lines: Sequence[Line], span: Span) -> list[Probe]:
    return [Probe(line.bookable, span.start, span.end, span.party_size, line.units) for line in lines]
