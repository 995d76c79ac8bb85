"""What hangs on the wall of a venue: each thing, who has it and until when, who comes next."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q

from lending.enums import HAVING, NamesShown, Status
from lending.models import Loan
from lending.naming import pick_strictest
from lending.offering import Crowd, Key, Offer, Stock, list_lent, read_stock
from lending.permissions import public_name
from lending.policies import Terms
from lending.selectors import list_heads
from lending.terms import LENT
from resources.bookables import Catalog
from resources.models import Venue

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

NEAR = timedelta(hours=24)
MOST_WAITING = 5


@dataclass(frozen=True, slots=True)
class Holder:
    """``name`` is empty where it is not shown; ``until``: as long as it takes without."""

    name: str
    is_fetched: bool
    until: datetime | None
    is_late: bool
    """Overdue; a lease that has run out is only taken back."""
    is_near: bool
    """Soon enough to be counted down."""


@dataclass(frozen=True, slots=True)
class Card:
    """A thing; or a group, of which only those who wait for any are shown."""

    name: str
    offer: Offer | None
    holders: tuple[Holder, ...] = ()
    waiting: tuple[str, ...] = ()
    count: int = 0

    @property
    def more(self) -> int:
        return self.count - len(self.waiting)

    @property
    def units(self) -> int:
        return self.offer.thing.limit if self.offer else 0

    @property
    def free(self) -> int:
        return self.offer.free if self.offer and self.offer.is_free else 0


def may_hang_openly(venue_catalog: Catalog) -> bool:
    """Without signing in: where no names are shown."""
    return all(terms.names_shown == NamesShown.STAFF for terms in venue_catalog.part(LENT).values())


def list_cards(venue: Venue, venue_catalog: Catalog, now: datetime) -> list[Card]:
    things = list_lent(venue_catalog)
    stock = read_stock({venue.pk: venue_catalog}, things, now)
    having, waiting = _read_having(venue, now), _read_waiting(venue_catalog, now)
    lent = venue_catalog.part(LENT)
    cards = []
    for thing in sorted(things, key=lambda thing: thing.name.casefold()):
        key = (thing.id, None)
        names = tuple(public_name(loan.who, lent[thing.id]) for loan in waiting.get(key, ()))
        count = stock.crowds.get(key, Crowd()).waiting
        holders = tuple(_hold(loan, lent[thing.id], venue, now) for loan in having.get(thing.id, ()))
        cards.append(Card(thing.name, stock.offers[thing.id], holders, names, count))
    return cards + _list_groups(venue_catalog, waiting, lent, stock)


def _list_groups(
    venue_catalog: Catalog,
    waiting: Mapping[Key, Sequence[Loan]],
    lent: Mapping[int, Terms],
    stock: Stock,
) -> list[Card]:
    cards = []
    for group in venue_catalog.groups.values():
        members = [lent[id] for id in group.member_ids if id in lent]
        if members and (line := waiting.get((None, group.id))):
            terms = pick_strictest(members)
            names = tuple(public_name(loan.who, terms) for loan in line)
            cards.append(Card(group.name, None, (), names, stock.crowd_of(group_id=group.id).waiting))
    return cards


def _read_having(venue: Venue, now: datetime) -> dict[int, list[Loan]]:
    rows = Loan.objects.filter(venue=venue, status__in=HAVING)
    # Neither what is for another day, nor what is not back yet from somebody else.
    rows = rows.exclude(Q(wanted_from__gt=now) | Q(valid_until=None), status=Status.APPROVED)
    found: dict[int, list[Loan]] = defaultdict(list)
    for loan in rows.select_related("borrower").order_by(F("due_at").asc(nulls_last=True), "pk"):
        found[loan.resource_id or 0].append(loan)
    return found


def _read_waiting(venue_catalog: Catalog, now: datetime) -> dict[Key, list[Loan]]:
    """The first of each queue: nobody else is named."""
    heads = list_heads(venue_catalog, now, MOST_WAITING).values()
    return {(loans[0].queue.resource_id, loans[0].queue.group_id): loans for loans in heads}


def _hold(loan: Loan, terms: Terms, venue: Venue, now: datetime) -> Holder:
    until = loan.valid_until or loan.due_at
    return Holder(
        public_name(loan.who, terms),
        loan.status == Status.OUT,
        until.astimezone(venue.zone) if until else None,
        loan.is_overdue(now),
        until is not None and timedelta(0) < until - now <= NEAR,
    )
