"""What a code at the desk means: the thing, whose loan it is about, and what comes next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from django.db.models import F, Q

from common.parsing import split_address
from lending.beginning import find_away
from lending.enums import OCCUPYING, Away, CopyState, Status
from lending.missing import list_touched
from lending.models import Copy, Loan
from lending.occupying import leaves_of
from lending.terms import terms_at
from resources.catalog import catalog
from resources.lookups import by_id_or_slug
from resources.models import Resource, ResourceGroupMember, Venue

PARAMETER = "code"
"""Labels hold an address with it, so that a telephone's camera can read them, too."""
LONGEST = 50
MOST = 10


@dataclass(frozen=True, slots=True)
class Step:
    """``action``: hand-out, return, found, approve, wait (with a loan), restore (a copy), lend.

    ``away``: why somebody whose dates have come has to wait.
    """

    action: str
    loan: Loan | None = None
    away: Away | None = None

    @property
    def reason(self) -> str:
        return str(self.away.label) if self.away else ""


@dataclass(frozen=True, slots=True)
class Scan:
    """The first of ``steps`` is what probably comes next; none where nothing can be done."""

    code: str
    resource: Resource
    copy: Copy | None
    steps: Sequence[Step]
    parts_out: Sequence[Loan] = ()
    """Loans of its parts, or of a kit that it belongs to."""
    waiting: int = 0


def read_code(text: str, venue_slug: str) -> str:
    """What a label says: its code alone, or in an address."""
    text = text.strip()
    if text.lower().startswith(("http://", "https://")):
        text = _read_address(text, venue_slug)
    return text.strip()[:LONGEST].replace("\x00", "")


def _read_address(text: str, venue_slug: str) -> str:
    """As a parameter, or at the end of the public address of a thing; others stay what they are."""
    address = split_address(text)
    code = "".join(parse_qs(address.query).get(PARAMETER, [])[:1])
    parts = address.path.strip("/").split("/")
    return code or (parts[-1] if parts[-2:-1] == [venue_slug] else text)


def find_scanned(venue: Venue, code: str, now: datetime) -> Scan | None:
    """By the code of a copy, or by the slug of a thing that is lent there; None: neither."""
    copy = _find_copy(venue, code)
    if copy is not None:
        return _describe(copy.code, copy.resource, copy, _list_steps_of_copy(copy, now), now)
    lent = Resource.objects.filter(by_id_or_slug(code.lower()), venue=venue, pk__in=terms_at(venue.pk))
    thing = lent.select_related("venue").first()
    if thing is None:
        return None
    return _describe(thing.slug, thing, None, _list_steps(thing, now), now)


def _describe(code: str, thing: Resource, copy: Copy | None, steps: Iterator[Step], now: datetime) -> Scan:
    waiting = Loan.objects.waiting().filter(_in_queues_of(thing)).count()
    return Scan(code, thing, copy, [*steps][:MOST], _list_parts_out(thing, now), waiting)


def _list_parts_out(thing: Resource, now: datetime) -> list[Loan]:
    venue_catalog = catalog(thing.venue_id)
    leaf_ids = {leaf.id for leaf in venue_catalog.bookables[thing.pk].leaves}
    others = [id for id in list_touched(venue_catalog, leaf_ids) if id != thing.pk]
    if not others:
        return []
    rows = Loan.objects.filter(_has_begun(now), resource__in=others, status__in=OCCUPYING).for_display()
    bookables = venue_catalog.bookables
    is_out = [
        loan
        for loan in rows.order_by("pk")[:100]
        if leaf_ids.intersection(leaf.id for leaf in leaves_of(loan, bookables[loan.resource_id or 0]))
    ]
    return is_out[:MOST]


def _find_copy(venue: Venue, code: str) -> Copy | None:
    copies = Copy.objects.filter(venue=venue).select_related("resource__venue")
    exact = copies.filter(code=code).first()
    if exact is not None or not code:
        return exact
    # A keyboard that types capitals; where two codes differ by nothing else, the exact one counts.
    similar = list(copies.filter(code__iexact=code)[:2])
    return similar[0] if len(similar) == 1 else None


def _list_steps_of_copy(copy: Copy, now: datetime) -> Iterator[Step]:
    loans = [loan for loan in _list_loans(copy.resource, now) if loan.copy_id in (None, copy.pk)]
    away = find_away(catalog(copy.venue_id), loans, now)
    own = [loan for loan in loans if loan.copy_id == copy.pk and loan.status in OCCUPYING]
    if own:
        yield from _steps_of(own, away)
    elif copy.state != CopyState.IN_SERVICE:
        yield Step("restore")
    else:
        # Handed over with the approval, nobody has said which one it was.
        first = [loan for loan in loans if loan.status != Status.OUT]
        yield from _steps_of([*first, *(loan for loan in loans if loan.status == Status.OUT)], away)
        yield Step("lend")


def _list_steps(thing: Resource, now: datetime) -> Iterator[Step]:
    loans = _list_loans(thing, now)
    yield from _steps_of(loans, find_away(catalog(thing.venue_id), loans, now))
    has = sum(loan.units for loan in loans if loan.status in OCCUPYING)
    if has < thing.units:
        yield Step("lend")


def _steps_of(loans: Sequence[Loan], away: Mapping[int, Away]) -> Iterator[Step]:
    """Nothing can be done for those at the end, whose thing is not there."""
    actions = {
        Status.OUT: "return",
        Status.LOST: "found",
        Status.APPROVED: "hand-out",
        Status.REQUESTED: "approve",
    }
    for loan in loans:
        if loan.pk not in away:
            yield Step(actions[Status(loan.status)], loan)
    for loan in loans:
        if loan.pk in away:
            yield Step("wait", loan, away[loan.pk])


def _list_loans(thing: Resource, now: datetime) -> list[Loan]:
    """What is out comes first, what is due before the rest; then what can be fetched, then approved."""
    is_theirs = Q(resource=thing, status__in=OCCUPYING)
    is_next = _in_queues_of(thing) & Q(status=Status.REQUESTED, next_at__isnull=False)
    rows = Loan.objects.filter(is_theirs | is_next).for_display()
    order = {Status.OUT: 0, Status.LOST: 1, Status.APPROVED: 2, Status.REQUESTED: 3}
    loans = rows.filter(_has_begun(now)).order_by(F("due_at").asc(nulls_last=True), "seq", "pk")
    return sorted(loans[:100], key=lambda loan: order[Status(loan.status)])


def _in_queues_of(thing: Resource) -> Q:
    # Not by a join: it would show each loan once for every thing of its group.
    groups = ResourceGroupMember.objects.filter(resource=thing).values("group")
    return Q(queue__resource=thing) | Q(queue__group__in=groups)


def _has_begun(now: datetime) -> Q:
    return Q(wanted_from=None) | Q(wanted_from__lte=now) | ~Q(status=Status.APPROVED)
