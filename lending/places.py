"""One thing that is lent, or a group of which any will do, as its page and whoever asks for it need it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q
from django.urls import reverse

from common.errors import DomainError, NotFound
from common.idempotency import claim_key, find_answer, fingerprint_of, scope_of
from common.transactions import retried_atomic
from common.venues import directory
from lending.eligibility import find_allowed
from lending.enums import HAVING, PRODUCT, Approval, Skip, Status
from lending.exceptions import LoanRefused, NotLendable
from lending.locking import Turn, leaves_of
from lending.models import Lendable, Loan, Queue
from lending.offering import REACH, Ask, Crowd, Key, Offer, Stock, expect_each, read_stock
from lending.permissions import can_see_thing
from lending.policies import Terms, common_terms, widest_terms
from lending.selectors import Expectation, QueueOrder, loans_of
from lending.services.requesting import list_acceptable, request_loan
from lending.standing import read_standings
from lending.terms import LENT
from reservations.domain.values import Actor
from resources.bookables import Bookable, Catalog, Group
from resources.catalog import catalog_of
from resources.lookups import by_id_or_slug
from resources.models import Resource, ResourceGroup, Venue
from resources.permissions import sees_venue, works_at

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

Named = Resource | ResourceGroup | Bookable | Group
MOST_SHOWN = 50
PURPOSE = "lending:"


@dataclass(frozen=True)
class Place:
    """``things`` are those of the group that are lent, or the thing alone."""

    venue: Venue
    row: Resource | ResourceGroup
    things: tuple[Bookable, ...]
    venue_catalog: Catalog

    @property
    def is_group(self) -> bool:
        return isinstance(self.row, ResourceGroup)

    @cached_property
    def terms(self) -> Terms:
        """Of a group those by which its queue is ordered."""
        lent = self.venue_catalog.part(LENT)
        return common_terms(lent[thing.id] for thing in self.things)

    @cached_property
    def widest_terms(self) -> Terms:
        """By which one can ask for it."""
        return widest_terms(self.terms_of(thing) for thing in self.active or self.things)

    @property
    def staff_may_decide(self) -> bool:
        """On one of the things at least."""
        return any(self.terms_of(thing).approval == Approval.MANUAL for thing in self.active)

    def terms_of(self, thing: Bookable) -> Terms:
        return self.venue_catalog.part(LENT)[thing.id]

    @property
    def active(self) -> tuple[Bookable, ...]:
        return tuple(thing for thing in self.things if thing.is_active)

    @property
    def is_booked_too(self) -> bool:
        return any(thing.extension != PRODUCT for thing in self.things)

    @property
    def units(self) -> int:
        """The most that one request can be for."""
        return max((thing.limit for thing in self.things), default=1)

    @property
    def name(self) -> str:
        """Its part of the address."""
        return lend_name(self.row, self.venue_catalog)

    @property
    def path(self) -> str:
        return lend_path(self.venue.slug, self.row, self.venue_catalog)

    @property
    def parts(self) -> list[str]:
        """What a kit is made of."""
        wholes = [thing for thing in self.things if thing.is_whole]
        names = {
            leaf.id: self.venue_catalog.bookables[leaf.id].name for each in wholes for leaf in each.leaves
        }
        return list(names.values())


def lend_name(row: Named, venue_catalog: Catalog) -> str:
    """Its part of the address; of a group that shares it with a thing the id."""
    is_group = isinstance(row, (ResourceGroup, Group))
    is_taken = is_group and any(thing.slug == row.slug for thing in venue_catalog.bookables.values())
    return str(row.uuid) if is_taken else row.slug


def lend_path(venue_slug: str, row: Named, venue_catalog: Catalog) -> str:
    return reverse("lend-thing", args=[venue_slug, lend_name(row, venue_catalog)])


def find_venue(user: "Viewer", slug: str) -> Venue:
    """One that lends. Raises ``NotFound``."""
    venue = find_any_venue(user, slug)
    if not directory().offers(venue.pk, PRODUCT):
        raise NotFound
    return venue


def find_any_venue(user: "Viewer", slug: str) -> Venue:
    """Whether it lends or not. Raises ``NotFound``."""
    venue = Venue.objects.filter(slug=slug).first()
    if venue is None or not sees_venue(user, venue):
        raise NotFound
    return venue


def find_place(user: "Viewer", venue_slug: str, name: str) -> Place:
    """By address or id; a thing before a group. Raises ``NotFound``."""
    venue = find_venue(user, venue_slug)
    venue_catalog = catalog_of(venue)
    place = _find_thing(user, venue, name, venue_catalog) or _find_group(user, venue, name, venue_catalog)
    if place is None:
        raise NotFound
    return place


def _find_thing(user: "Viewer", venue: Venue, name: str, venue_catalog: Catalog) -> Place | None:
    row = Resource.objects.filter(by_id_or_slug(name), venue=venue).prefetch_related("features").first()
    if row is None or row.pk not in venue_catalog.part(LENT) or row.pk not in venue_catalog.bookables:
        return None
    row.venue = venue
    return (
        Place(venue, row, (venue_catalog.bookables[row.pk],), venue_catalog)
        if can_see_thing(user, row, venue)
        else None
    )


def _find_group(user: "Viewer", venue: Venue, name: str, venue_catalog: Catalog) -> Place | None:
    row = ResourceGroup.objects.filter(by_id_or_slug(name), venue=venue).first()
    if row is None or not ((row.is_active and row.is_listed) or works_at(user, venue.pk)):
        return None
    row.venue = venue
    group, lent = venue_catalog.groups.get(row.pk), venue_catalog.part(LENT)
    ids = [id for id in group.member_ids if id in lent] if group else []
    things = tuple(venue_catalog.bookables[id] for id in ids if id in venue_catalog.bookables)
    return Place(venue, row, things, venue_catalog) if things else None


# --- What it is like now, for somebody ---


@dataclass(frozen=True)
class Prospect:
    """What becomes of a request made now: ``choice`` says which button there is.

    ``take``: had at once. ``fetch``: ready at once, to be fetched. ``ask``: staff decide. ``join``: a place
    in the queue. ``have``: the person has it or waits for it already. ``refused``: not as things are.
    """

    choice: str
    offer: Offer | None
    crowd: Crowd
    expected: Expectation | None = None
    refusal: DomainError | None = None
    skip: Skip | None = None
    own: tuple[Loan, ...] = ()
    rivals: tuple[tuple[str, int], ...] = ()
    """What else people wait for that shares something with this, and how many: all have one order."""


def foresee(place: Place, user: "Viewer", now: datetime) -> Prospect:
    stock = read_stock({place.venue.pk: place.venue_catalog}, place.active, now, reach=REACH)
    refusal, skip, things = _judge(place, user, now)
    ids = {thing.id for thing in things}
    best = next((offer for id, offer in stock.offers.items() if offer.is_free and id in ids), None)
    key: Key = (None, place.row.pk) if place.is_group else (place.row.pk, None)
    crowd = stock.crowds.get(key, Crowd())
    own = tuple(_list_own(place, user))
    expected = None
    all_terms = [place.terms_of(thing) for thing in things]
    if things and (best is None or skip):
        expected = expect_each([Ask(things, all_terms)], now, stock.held)[0]
    choice = _choose(best, all_terms, own, refusal, skip)
    rivals = tuple(_list_rivals(place, key, stock))
    return Prospect(choice, best, crowd, expected, refusal, skip, own, rivals)


def _list_rivals(place: Place, own_key: Key, stock: Stock) -> Iterator[tuple[str, int]]:
    leaves = leaves_of(place.things)
    groups, bookables = place.venue_catalog.groups, place.venue_catalog.bookables
    for key, crowd in stock.crowds.items():
        resource_id, group_id = key
        group = groups.get(group_id or 0)
        ids = group.member_ids if group else (resource_id,)
        things = [bookables[id] for id in ids if id in bookables]
        if key != own_key and things and leaves & leaves_of(things):
            yield group.name if group else things[0].name, crowd.waiting


def _choose(
    best: Offer | None,
    all_terms: Sequence[Terms],
    own: tuple[Loan, ...],
    refusal: DomainError | None,
    skip: Skip | None,
) -> str:
    if any(not loan.is_dated for loan in own):
        return "have"
    if refusal is not None:
        return "refused"
    likely = [best.terms] if best else all_terms
    if all(terms.approval == Approval.MANUAL for terms in likely):
        return "ask"
    if best is None or skip:
        return "join"
    return "fetch" if best.terms.pickup_window else "take"


def _judge(
    place: Place, user: "Viewer", now: datetime
) -> tuple[DomainError | None, Skip | None, tuple[Bookable, ...]]:
    """Why this person may not ask, or would wait, neither for who is not signed in; and for what of it."""
    if not place.active:
        return NotLendable(), None, ()
    if not user.pk:
        return None, None, place.active
    turn = Turn(place.venue_catalog, set(), {}, now)
    loan = Loan(venue=place.venue, borrower=user)  # never stored
    standings = read_standings(turn, loan)
    try:
        things = list_acceptable(turn, loan, place.active, standings)
    except LoanRefused as refusal:
        return refusal, None, place.active
    allowed, skip = find_allowed(turn, loan, things, standings)
    return None, skip, tuple(allowed or things)


def _queue_of(place: Place) -> Queue | None:
    owner = {"group" if place.is_group else "resource": place.row.pk}
    return Queue.objects.filter(**owner).first()


def _list_own(place: Place, user: "Viewer") -> list[Loan]:
    if not user.pk:
        return []
    about = Q(queue__group=place.row.pk) if place.is_group else _about_thing(place.row.pk)
    return list(loans_of(user.pk).live().filter(about).order_by("pk"))


def _about_thing(resource_id: int) -> Q:
    return Q(queue__resource=resource_id) | Q(resource=resource_id)


def list_waiting(place: Place, now: datetime) -> Sequence[Loan]:
    """In the order in which they would be served."""
    queue = _queue_of(place)
    return QueueOrder(queue, now) if queue else ()


def list_holders(things: tuple[Bookable, ...]) -> list[Loan]:
    """Who has them now; what is due first comes first."""
    had = Loan.objects.filter(resource__in=[thing.id for thing in things], status__in=HAVING)
    had = had.exclude(wanted_from__gt=F("approved_at"), status=Status.APPROVED)
    return list(had.for_display().order_by(F("due_at").asc(nulls_last=True), "pk")[:MOST_SHOWN])


def list_accessories(place: Place) -> list[str]:
    ids = [thing.id for thing in place.things]
    rows = Lendable.objects.filter(resource__in=ids).order_by("pk").values_list("accessories", flat=True)
    return list(dict.fromkeys(name for names in rows for name in names))


# --- Asking, once however often the form is sent ---


@retried_atomic
def request_once(place: Place, user: "User", key: str, now: datetime, **wish: Any) -> Loan:
    """As ``request_loan``; what was asked for by the same key before is not asked for again."""
    scope, asked = scope_of(user, PURPOSE), fingerprint_of(key)
    claimed = claim_key(key, scope, asked, now=now, venue_id=place.venue.pk) if key else None
    if key and claimed is None:
        stored = find_answer(key, scope, asked)
        before = Loan.objects.filter(uuid=stored.subject_id).first() if stored and stored.subject_id else None
        if before is not None:
            return before
    loan = request_loan(thing=place.row, borrower=user, actor=Actor(user), now=now, **wish)
    if claimed is not None:
        claimed.subject_id = str(loan.uuid)
        claimed.save(update_fields=["subject_id"])
    return loan


def find_loan(loan_id: UUID) -> Loan | None:
    return Loan.objects.for_display().filter(uuid=loan_id).first()
