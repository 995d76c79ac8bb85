"""What is lent, as lists show it: things and groups of which any will do, free ones first."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lending.enums import Approval
from lending.offering import (
    Ask,
    Crowd,
    Offer,
    Stock,
    expect_each,
    list_lent,
    list_lent_groups,
    read_stock,
)
from lending.places import lend_path
from lending.policies import Terms, common_terms
from lending.selectors import Expectation
from lending.terms import LENT
from resources.bookables import Bookable, Catalog, Group
from resources.catalog import catalog_at_hand, catalogs
from resources.models import Feature, Resource, Venue


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing, or a group with those of it that are lent. ``row`` of a thing is there where it is shown."""

    venue: Venue
    offers: tuple[Offer, ...]
    free: int
    """Units that are there now, of all of them."""
    group: Group | None = None
    crowd: Crowd = Crowd()
    row: Resource | None = None
    expected: Expectation | None = None
    path: str = ""

    @property
    def name(self) -> str:
        return self.group.name if self.group else self.offers[0].thing.name

    @property
    def uuid(self) -> str:
        return self.group.uuid if self.group else self.offers[0].thing.uuid

    @property
    def things(self) -> list[Bookable]:
        return [offer.thing for offer in self.offers]

    @property
    def units(self) -> int:
        return sum(offer.thing.limit for offer in self.offers)

    @property
    def terms(self) -> Terms:
        """Of a group those by which its queue is ordered."""
        return common_terms(offer.terms for offer in self.offers)

    @property
    def is_approved(self) -> bool:
        """Staff decide, whichever of them it is."""
        return all(offer.terms.approval == Approval.MANUAL for offer in self.offers)

    @property
    def waiting(self) -> int:
        return self.crowd.waiting

    @property
    def feature_slugs(self) -> frozenset[str]:
        return frozenset().union(*(offer.thing.feature_slugs for offer in self.offers))

    @property
    def pictured(self) -> Resource | Group | None:
        """By whose photo, or whose members' photos, it is shown."""
        return self.group or self.row

    @property
    def kind(self) -> str:
        return self.offers[0].thing.kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What lists are narrowed down by."""

    text: str = ""
    feature: str = ""
    free_now: bool = False
    ids: frozenset[str] = frozenset()
    """Of things and groups that are wanted whatever their words; without any text these alone."""


def read_catalogs(venues: Collection[Venue]) -> dict[int, Catalog]:
    """Of rows that have just been read: no query while nothing has changed."""
    at_hand = {venue.pk: catalog_at_hand(venue) for venue in venues}
    found = {pk: venue_catalog for pk, venue_catalog in at_hand.items() if venue_catalog}
    missing = at_hand.keys() - found.keys()
    return found | catalogs(missing) if missing else found


@dataclass(frozen=True, slots=True)
class Listing:
    """``entries`` in their order; ``stock`` is what they were made of."""

    entries: list[Entry]
    stock: Stock
    catalogs: Mapping[int, Catalog]


def list_entries(
    venues: Sequence[Venue],
    venue_catalogs: Mapping[int, Catalog],
    now: datetime,
    wanted: Wanted = Wanted(),
) -> Listing:
    """What is free now first, then what fewest wait for; three queries, whatever there is."""
    shown = {venue.pk: venue_catalogs[venue.pk] for venue in venues}
    lent = {pk: list_lent(venue_catalog) for pk, venue_catalog in shown.items()}
    stock = read_stock(shown, [thing for things in lent.values() for thing in things], now)
    entries, nobody = [], Crowd()
    for venue in venues:
        for group, members in list_lent_groups(shown[venue.pk]):
            offers = tuple(stock.offers[thing.id] for thing in members)
            entries.append(
                Entry(venue, offers, _count_free(offers), group, stock.crowd_of(group_id=group.id))
            )
        for thing in lent[venue.pk]:
            crowd = stock.crowds.get((thing.id, None), nobody)
            offers = (stock.offers[thing.id],)
            entries.append(Entry(venue, offers, _count_free(offers), None, crowd))
    matching = sorted((entry for entry in entries if _matches(entry, wanted)), key=_rank)
    return Listing(matching, stock, shown)


def find_entry(venue: Venue, row: Bookable | Group, venue_catalog: Catalog, now: datetime) -> Entry:
    """One of them, as it stands; three queries."""
    lent = venue_catalog.part(LENT)
    group = row if isinstance(row, Group) else None
    ids = group.member_ids if group else (row.id,)
    things = [venue_catalog.bookables[id] for id in ids if id in lent and id in venue_catalog.bookables]
    stock = read_stock({venue.pk: venue_catalog}, things, now)
    offers = tuple(stock.offers[thing.id] for thing in things)
    crowd = stock.crowds.get((None, group.id) if group else (row.id, None), Crowd())
    return Entry(venue, offers, _count_free(offers), group, crowd)


def _count_free(offers: Iterable[Offer]) -> int:
    return sum(offer.free for offer in offers if offer.is_free)


def _matches(entry: Entry, wanted: Wanted) -> bool:
    is_found = entry.uuid in wanted.ids
    if wanted.ids and not wanted.text and not is_found:
        return False
    if wanted.free_now and not entry.free:
        return False
    if wanted.feature and wanted.feature not in entry.feature_slugs:
        return False
    if is_found or not wanted.text:
        return True
    text = " ".join([entry.name, entry.venue.name, *entry.feature_slugs]).casefold()
    return all(word in text for word in wanted.text.casefold().split())


def _rank(entry: Entry) -> tuple[object, ...]:
    wait = 0 if entry.free else entry.waiting
    return (not entry.free, wait, entry.name.casefold(), entry.offers[0].thing.id)


def complete(listing: Listing, entries: Iterable[Entry], now: datetime) -> list[Entry]:
    """With the rows and the waits of those that are shown; as many queries for one as for many."""
    shown = list(entries)
    rows = Resource.objects.in_bulk([entry.offers[0].thing.id for entry in shown if not entry.group])
    slow = [entry for entry in shown if not entry.free]
    asks = [_ask_for(entry) for entry in slow]
    expected = dict(zip(map(_key, slow), expect_each(asks, now, listing.stock.held), strict=True))
    return [
        replace(
            entry,
            row=None if entry.group else rows.get(entry.offers[0].thing.id),
            expected=expected.get(_key(entry)),
            path=_path_of(entry, listing.catalogs[entry.venue.pk]),
        )
        for entry in shown
    ]


def _key(entry: Entry) -> tuple[bool, int]:
    return (True, entry.group.id) if entry.group else (False, entry.offers[0].thing.id)


def _ask_for(entry: Entry) -> Ask:
    things = tuple(offer.thing for offer in entry.offers)
    return Ask(things, [offer.terms for offer in entry.offers])


def _path_of(entry: Entry, venue_catalog: Catalog) -> str:
    return lend_path(entry.venue.slug, entry.group or entry.offers[0].thing, venue_catalog)


def list_features(venue_catalogs: Mapping[int, Catalog]) -> list[tuple[str, str]]:
    """Slugs and names of what things that are lent have; one query."""
    slugs = {
        slug
        for venue_catalog in venue_catalogs.values()
        for thing in list_lent(venue_catalog)
        for slug in thing.feature_slugs
    }
    rows = Feature.objects.filter(venue__in=venue_catalogs, slug__in=slugs).order_by("name", "id")
    return list(dict(rows.values_list("slug", "name")).items()) if slugs else []
