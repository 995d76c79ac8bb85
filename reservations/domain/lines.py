"""Turns what was asked for into concrete resources."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput, NotFound
from reservations.availability import Moment, Probe, violations
from reservations.availability.occupied import rows_touching
from reservations.domain.occupancy import raise_violation
from reservations.domain.values import ItemRequest
from reservations.policies import CONFLICTS, Booker, Violation
from resources.enums import ChoiceRule, UnitsBy
from resources.facts import Bookable, Catalog, Group, Leaf
from scheduling.spans import clip
from scheduling.zones import day_span, from_minute

MOST_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One resource of a booking and the units it takes there; ``takes_all``: of every leaf all there are."""

    bookable: Bookable
    units: int
    group_id: int | None = None
    takes_all: bool = False

    def units_of(self, leaf: Leaf) -> int:
        return max(leaf.limit, 1) if self.takes_all else self.units


def instead_of(line: Line, bookable: Bookable, party_size: int) -> Line:
    """The line of a resource that takes another's place; a number of people is no quantity."""
    quantity = 1 if line.bookable.units_by == UnitsBy.PERSON else line.units
    return Line(bookable, bookable.units_for(party_size, quantity))


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for: UTC minutes and people."""

    start: int
    end: int
    party_size: int


def options(items: Sequence[ItemRequest], known: Catalog, span: Span, moment: Moment) -> list[list[Line]]:
    """For each item the lines that would serve, in order of choice: one, or a group's members.

    Raises what ``options_at`` raises.
    """
    return options_at(items, known, [span], moment)[span]


def options_at(
    items: Sequence[ItemRequest], known: Catalog, spans: Sequence[Span], moment: Moment
) -> dict[Span, list[list[Line]]]:
    """``options`` at several times, in one query at most.

    Raises ``InvalidInput`` for nothing or too much, ``NotFound`` for what the venue does not have.
    """
    if not 1 <= len(items) <= MOST_ITEMS:
        raise InvalidInput(_("Book between 1 and %(most)d resources at once.") % {"most": MOST_ITEMS})
    if any(item.quantity < 1 for item in items):
        raise InvalidInput(_("The quantity must be at least 1."), fields={"quantity": [_("At least 1.")]})
    resource_ids = [item.resource_id for item in items if item.resource_id is not None]
    if len(set(resource_ids)) < len(resource_ids):
        raise InvalidInput(_("A resource can be named only once; ask for a quantity instead."))
    booked = _booked_minutes(_least_booked(items, known), spans, moment)
    return {span: [_lines(item, known, span, booked) for item in items] for span in spans}


def _least_booked(items: Sequence[ItemRequest], known: Catalog) -> list[Bookable]:
    """Members of the groups of which the least booked one is chosen."""
    groups = [known.groups.get(item.group_id or 0) for item in items]
    chosen = [each for each in groups if each and each.choice_rule == ChoiceRule.LEAST_BOOKED]
    return [known.bookables[member] for each in chosen for member in each.member_ids]


BookedMinutes = Mapping[tuple[Span, int], int]


def _lines(item: ItemRequest, known: Catalog, span: Span, booked: BookedMinutes) -> list[Line]:
    if item.group_id is None:
        members = [known.bookables.get(item.resource_id or 0)]
    else:
        group = known.groups.get(item.group_id)
        members = list(_in_order(group, known, span, booked)) if group and group.is_active else []
    found = [member for member in members if member is not None]
    if not found:
        raise NotFound(_("This venue has no such resource."))
    return [Line(each, each.units_for(span.party_size, item.quantity), item.group_id) for each in found]


def _in_order(group: Group, known: Catalog, span: Span, booked: BookedMinutes) -> list[Bookable]:
    """The group's members by its stated rule; the group's own order decides between equals."""
    members = [known.bookables[member] for member in group.member_ids]
    match group.choice_rule:
        case ChoiceRule.BEST_FIT:
            return sorted(members, key=lambda member: member.capacity)
        case ChoiceRule.LEAST_BOOKED:
            return sorted(members, key=lambda member: booked[span, member.id])
    return members


def _booked_minutes(members: Sequence[Bookable], spans: Sequence[Span], moment: Moment) -> BookedMinutes:
    """Booked minutes of each member on the local day of each start; one query."""
    found: dict[tuple[Span, int], int] = defaultdict(int)
    owners, windows = [], []
    for span in spans if members else ():
        zone = str(members[0].zone)
        day = day_span(from_minute(span.start, zone).date(), zone)
        for member in members:
            owners += [(span, member.id)] * len(member.leaves)
            windows += [(leaf.id, *day) for leaf in member.leaves]
    for position, rows in rows_touching(windows, now_seconds=moment.seconds).items():
        _leaf, first, last = windows[position]
        found[owners[position]] += sum(
            end - start for row in rows for start, end in clip([row[:2]], first, last)
        )
    return found


def choose(
    choices: Sequence[Sequence[Line]],
    span: Span,
    booker: Booker,
    moment: Moment,
    *,
    refused: Collection[int] = (),
) -> list[Line]:
    """The first line of each item that can be booked now; ``refused`` are resource ids already tried.

    Raises what stands in the way: of a group, somebody else's booking rather than a rule.
    """
    flat = [line for lines in choices for line in lines]
    found = dict(zip(map(id, flat), violations(probes(flat, span), booker, moment), strict=True))
    return pick(choices, found, refused=refused)


def pick(
    choices: Sequence[Sequence[Line]],
    found: Mapping[int, Violation | None],
    *,
    refused: Collection[int] = (),
) -> list[Line]:
    """``choose`` from answers that are known already: by a line's ``id()``, what stands in its way."""
    chosen: list[Line] = []
    for lines in choices:
        taken = {line.bookable.id for line in chosen} | set(refused)
        free = [line for line in lines if found[id(line)] is None and line.bookable.id not in taken]
        if not free:
            _refuse([found[id(line)] for line in lines])
        chosen.append(free[0])
    return chosen


def probes(lines: Sequence[Line], span: Span) -> list[Probe]:
    return [Probe(line.bookable, span.start, span.end, span.party_size, line.units) for line in lines]


def _refuse(found: Sequence[Violation | None]) -> None:
    known = [each for each in found if each is not None]
    conflicts = [each for each in known if each.reason in CONFLICTS]
    raise_violation(next(iter(conflicts or known), None))
