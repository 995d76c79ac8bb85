"""What a code at the desk means: the thing, whose loan it is about, and what comes next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from django.db.models import F, Q

from common.parsing import split_address
from lending.beginning import find_away
from lending.enums import OCCUPYING, Away, CopyState, Status
from lending.models import Copy, Loan
from lending.terms import terms_at
from resources.catalog import catalog
from resources.models import Resource, Venue

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


def read_code(text: str) -> str:
    """What a label says: its code alone, or as a parameter of an address."""
    text = text.strip()
    if text.lower().startswith(("http://", "https://")):
        text = "".join(parse_qs(split_address(text).query).get(PARAMETER, [""])[:1])
    return text.strip()[:LONGEST].replace("\x00", "")


def find_scanned(venue: Venue, code: str, now: datetime) -> Scan | None:
    """By the code of a copy, or by the slug of a thing that is lent there; None: neither."""
    copy = _find_copy(venue, code)
    if copy is not None:
        return Scan(copy.code, copy.resource, copy, [*_list_steps_of_copy(copy, now)][:MOST])
    lent = Resource.objects.filter(venue=venue, slug=code.lower(), pk__in=terms_at(venue.pk))
    thing = lent.select_related("venue").first()
    if thing is None:
        return None
    return Scan(thing.slug, thing, None, [*_list_steps(thing, now)][:MOST])


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
    theirs = Q(queue__resource=thing) | Q(queue__group__member_links__resource=thing)
    is_next = theirs & Q(status=Status.REQUESTED, next_at__isnull=False)
    rows = Loan.objects.filter(is_theirs | is_next).for_display()
    has_begun = Q(wanted_from=None) | Q(wanted_from__lte=now) | ~Q(status=Status.APPROVED)
    order = {Status.OUT: 0, Status.LOST: 1, Status.APPROVED: 2, Status.REQUESTED: 3}
    loans = rows.filter(has_begun).order_by(F("due_at").asc(nulls_last=True), "seq", "pk")
    return sorted(loans[:100], key=lambda loan: order[Status(loan.status)])
