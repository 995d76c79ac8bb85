"""What the prices of a session still sell; its seats are the limit of all of them together."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Sum

from classes.models import SeatBooking, Session, Tier
from common.clock import now as clock_now
from reservations.enums import Status


@dataclass(frozen=True, slots=True)
class Selling:
    """``sold`` by tier; ``kept``: held for who has not chosen a price yet; ``bare``: booked without one."""

    tiers: Sequence[Tier] = ()
    sold: Mapping[int, int] = field(default_factory=dict)
    kept: int = 0
    bare: int = 0

    def left_at(self, tier: Tier) -> int | None:
        """None where the price has no limit."""
        if not tier.is_on_sale:
            return 0
        return None if tier.quota is None else max(tier.quota - self.sold.get(tier.pk, 0), 0)

    @property
    def left(self) -> int | None:
        """At all prices, after those who hold a seat have taken theirs; None: as many as there are seats."""
        if not self.tiers:
            return None
        counts = [self.left_at(tier) for tier in self.tiers]
        known = [count for count in counts if count is not None]
        return None if len(known) < len(counts) else max(sum(known) - self.kept, 0)

    def count_others(self, ids: Collection[int]) -> int:
        """Seats that are sold beside the prices of these ids."""
        return self.bare + sum(seats for id, seats in self.sold.items() if id not in ids)

    def takes(self, seats: int, tier: Tier) -> bool:
        return _suffices(self.left_at(tier), seats) and _suffices(self.left, seats)

    def keeps(self, seats: int) -> bool:
        """Whether so many can be held together without a price: one of them has to take all."""
        return _suffices(self.left, seats) and any(
            _suffices(self.left_at(tier), seats) for tier in self.tiers
        )

    def find_cheapest(self, seats: int) -> Tier | None:
        """Of those at which so many can be had."""
        takes = [tier for tier in self.tiers if self.takes(seats, tier)]
        return min(takes, key=lambda tier: tier.price, default=None)

    def limit(self, free: int, tier: Tier | None = None) -> int:
        """Of so many free seats those that can be bought, at this price or at any."""
        lefts = [self.left, self.left_at(tier) if tier else None]
        return min([free, *(left for left in lefts if left is not None)])


def _suffices(left: int | None, seats: int) -> bool:
    return left is None or seats <= left


def read_selling(sessions: Iterable[Session], *, but: UUID | None = None) -> dict[int, Selling]:
    """Of those with several prices; two queries, or none. Without a booking's own seats."""
    return read_selling_of([session.pk for session in sessions if session.has_tiers], but=but)


def read_selling_of(session_ids: Sequence[int], *, but: UUID | None = None) -> dict[int, Selling]:
    tiers: dict[int, list[Tier]] = defaultdict(list)
    for tier in Tier.objects.filter(session__in=session_ids) if session_ids else ():
        tiers[tier.session_id].append(tier)
    counts = _count_seats(tiers, but) if tiers else {}
    return {
        id: Selling(
            rows,
            {tier.pk: counts[id, tier.pk, False] + counts[id, tier.pk, True] for tier in rows},
            counts[id, None, True],
            counts[id, None, False],
        )
        for id, rows in tiers.items()
    }


def _count_seats(session_ids: Iterable[int], but: UUID | None) -> Mapping[tuple[int, int | None, bool], int]:
    """By session, price and whether they are only held."""
    rows = SeatBooking.objects.filter(session__in=[*session_ids]).taking_seats(clock_now())
    rows = rows.exclude(reservation=but) if but else rows
    found = rows.order_by().values_list("session", "tier", "reservation__status").annotate(Sum("seats"))
    counts: dict[tuple[int, int | None, bool], int] = defaultdict(int)
    for session_id, tier_id, status, seats in found:
        counts[session_id, tier_id, status == Status.HELD] += seats
    return counts
