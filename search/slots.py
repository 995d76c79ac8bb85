from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.functional import Promise

from reservations.availability import BusyByLeaf, Moment, Slot, Wish, read_busy, slots_within
from reservations.domain.pricing import price_at
from reservations.policies import CONFLICTS, MESSAGES
from resources.bookables import Bookable
from resources.stays import arrivals_within, is_stay
from scheduling.reasons import Reason
from scheduling.zones import day_span, from_minute


@dataclass(frozen=True, slots=True)
class SlotView:
    """Local times, the price, and why it cannot be booked."""

    start: datetime
    end: datetime
    remaining: int
    price: Decimal
    currency: str
    reason: str = ""
    message: str | Promise = ""

    @property
    def is_free(self) -> bool:
        return not self.reason


def list_slots(
    bookables: Sequence[Bookable],
    wish: Wish,
    on: date,
    moment: Moment,
    *,
    only_free: bool = False,
    only_arrivals: bool = False,
) -> list[SlotView]:
    """Every start of the local day at any of the resources, with one query.

    ``remaining`` counts units of a single resource, or free resources. ``only_arrivals`` is for overnight
    stays.
    """
    start, end = day_span(on, str(bookables[0].zone))
    busy = read_busy(bookables, start, end, moment, duration=wish.duration)
    return make_slots(bookables, wish, on, busy, moment, only_free=only_free, only_arrivals=only_arrivals)


def make_slots(
    bookables: Sequence[Bookable],
    wish: Wish,
    on: date,
    busy: BusyByLeaf,
    moment: Moment,
    *,
    only_free: bool = False,
    only_arrivals: bool = False,
) -> list[SlotView]:
    """``list_slots`` from occupancy that was read before."""
    zone = str(bookables[0].zone)
    start, end = day_span(on, zone)
    # One row for each start, however many of the resources have it.
    by_start: dict[int, list[tuple[Bookable, Slot]]] = {}
    for bookable in bookables:
        for slot in slots_within(bookable, wish, busy, start=start, end=end, now=moment.minute):
            if slot.reason is None or not only_free:
                by_start.setdefault(slot.start, []).append((bookable, slot))
    if only_arrivals and is_stay(bookables[0]):
        arrivals = {at for bookable in bookables for at in arrivals_within(bookable, start, end)}
        by_start = {at: slots for at, slots in by_start.items() if at in arrivals}
    return [_merge_slots(by_start[at], wish, zone, only_one=len(bookables) == 1) for at in sorted(by_start)]


def _merge_slots(
    slots: Sequence[tuple[Bookable, Slot]], wish: Wish, zone: str, *, only_one: bool
) -> SlotView:
    free = [(bookable, slot) for bookable, slot in slots if slot.reason is None]
    reason = None if free else _choose_reason([slot.reason for _bookable, slot in slots if slot.reason])
    start = slots[0][1].start
    return SlotView(
        start=from_minute(start, zone),
        end=from_minute(slots[0][1].end, zone),
        remaining=slots[0][1].remaining if only_one else len(free),
        price=min(price_at(bookable, wish, start) for bookable, _slot in free or slots),
        currency=slots[0][0].currency,
        reason=reason or "",
        message=MESSAGES[reason] if reason else "",
    )


def _choose_reason(reasons: Sequence[Reason]) -> Reason:
    # A conflict before a rule: somebody's booking may still be cancelled.
    return next((reason for reason in reasons if reason in CONFLICTS), reasons[0])
