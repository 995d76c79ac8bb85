"""What a loan occupies: a reservation of its own, changed through ``reservations`` alone."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from django.utils.translation import gettext as _

from common.clock import epoch_seconds
from common.clock import now as clock_now
from common.transactions import joining
from lending.enums import Status
from lending.models import Loan
from lending.policies import ROLLING, SHORTEST, Grant
from reservations.availability import full_spans_of, rows_touching
from reservations.domain.values import Actor, Customer, ItemRequest, ReservationChanges
from reservations.enums import Purpose
from reservations.enums import Status as Occupancy
from reservations.exceptions import CapacityReached, SlotTaken
from reservations.models import Reservation
from reservations.services import (
    block_time,
    cancel_reservation,
    change_reservation,
    check_in,
    complete_reservation,
)
from resources.bookables import Bookable, Leaf
from resources.catalog import catalog
from scheduling.zones import from_minute, to_minute

BusyRows = dict[int, list[tuple[int, int, int, bool]]]
NEVER = (1 << 40, 1 << 40)


def in_charge(actor: Actor) -> Actor:
    """The same person, acting for lending."""
    return replace(actor, manages=Purpose.LOAN)


def read_busy(leaf_ids: Iterable[int], start: int, end: int, *, excluding: UUID | None = None) -> BusyRows:
    """What is booked of each leaf in [start, end), UTC minutes; one query."""
    leaves = sorted(leaf_ids)
    windows = [(leaf, start, end) for leaf in leaves]
    found = rows_touching(windows, now_seconds=epoch_seconds(clock_now()), excluding=excluding)
    return {leaves[position]: list(rows) for position, rows in found.items()}


def find_free_until(
    leaves: Sequence[Leaf], busy: BusyRows, units: int, start: int, *, reach: int = ROLLING
) -> int:
    """The first minute from ``start`` on at which so many units are no longer free; ``start``: none are.

    At most ``reach`` minutes later.
    """
    begin, _end = _find_next(full_spans_of(leaves, busy, units), start)
    return min(max(begin, start), start + reach)


def _find_next(full_spans: Sequence[tuple[int, int]], start: int) -> tuple[int, int]:
    """They are in order and apart: the first that ends later."""
    at = bisect_right(full_spans, start, key=itemgetter(1))
    return full_spans[at] if at < len(full_spans) else NEVER


def find_start(leaves: Sequence[Leaf], busy: BusyRows, units: int, minute: int) -> tuple[int, int] | None:
    """From when and until when so many units can be had now; None: not now.

    What came back within its first minute keeps that minute: it is there, but begins after that.
    """
    lasting = {leaf: [row for row in rows if row[1] - row[0] > 1] for leaf, rows in busy.items()}
    if find_free_until(leaves, lasting, units, minute) == minute:
        return None
    kept = {row[1] for rows in busy.values() for row in rows if row[1] - row[0] == 1 and row[1] > minute}
    full_spans = full_spans_of(leaves, busy, units)
    first, taken_until = None, minute
    for start in (minute, *sorted(kept)):
        if start < taken_until:
            continue
        begin, end = _find_next(full_spans, start)
        if begin <= start:
            taken_until = end
            continue
        until = min(begin, start + ROLLING)
        # A minute that is still to come may be kept, too: what lies before it is not worth having.
        if until - start >= SHORTEST:
            return start, until
        first = first or (start, until)
    return first


def leaves_of(loan: Loan, bookable: Bookable) -> tuple[Leaf, ...]:
    """What of a whole is still out, also what has been taken out of the whole since."""
    if not loan.parts:
        return bookable.leaves
    bookables = catalog(loan.venue_id).bookables
    return tuple(leaf for id in loan.parts if id in bookables for leaf in bookables[id].leaves)


def find_limit(loan: Loan, start: int) -> int:
    """Until when nobody else needs what this loan has."""
    bookable = catalog(loan.venue_id).bookables[loan.resource_id or 0]
    leaves = leaves_of(loan, bookable)
    busy = read_busy([leaf.id for leaf in leaves], start, start + ROLLING, excluding=loan.reservation_id)
    return find_free_until(leaves, busy, loan.units, start)


def occupy(
    loan: Loan, bookable: Bookable, given: Grant, actor: Actor, now: datetime, *, begun: bool
) -> Reservation:
    """What was found free under the locks; ``begun``: it goes out at once.

    Raises ``SlotTaken`` and ``CapacityReached``.
    """
    with joining():
        return block_time(
            venue_id=loan.venue_id,
            items=[ItemRequest(bookable.id, quantity=loan.units)],
            start=from_minute(given.start),
            end=from_minute(given.end),
            title=_("Loan"),
            purpose=Purpose.LOAN,
            actor=in_charge(actor),
            customer=Customer.from_user(loan.borrower),
            begun=begun,
            found_free=True,
            now=now,
        )


def mark_fetched(reservation: Reservation, actor: Actor, now: datetime) -> None:
    check_in(
        reservation_id=reservation.pk,
        actor=in_charge(actor),
        seen=reservation,
        now=max(now, reservation.starts_at),
    )


def move_end(loan: Loan, end: int, actor: Actor, now: datetime) -> None:
    """Raises ``SlotTaken`` where somebody else has the time. At least a minute stays."""
    reservation = occupancy_of(loan)
    end_at = max(from_minute(end), reservation.starts_at + timedelta(minutes=1))
    is_begun = reservation.status == Occupancy.CHECKED_IN
    if end_at == reservation.ends_at:
        return
    if is_begun and _holds_other(loan, reservation):
        _go_on_with_rest(loan, end_at, actor, now)
        return
    try:
        loan.reservation = change_reservation(
            reservation_id=reservation.pk,
            changes=ReservationChanges(end=end_at),
            actor=in_charge(actor),
            now=now,
        )
    except (SlotTaken, CapacityReached):
        if not is_begun or end_at < reservation.ends_at:
            raise
        # There are fewer units now than were out at once: what is over stays as it was.
        _go_on_with_rest(loan, end_at, actor, now)


def _holds_other(loan: Loan, reservation: Reservation) -> bool:
    """Part of it came back when there was nothing left to split, or the whole has other parts now."""
    bookables = catalog(loan.venue_id).bookables
    held: Counter[int] = Counter()
    for item in reservation.items.all():
        for leaf in bookables[item.resource_id].leaves:
            held[leaf.id] += item.units
    return held != {leaf.id: loan.units for leaf in leaves_of(loan, bookables[loan.resource_id or 0])}


def _go_on_with_rest(loan: Loan, end_at: datetime, actor: Actor, now: datetime) -> None:
    """From the old end on, without what is back."""
    end(loan, actor, now)
    begin = occupancy_of(loan).ends_at
    loan.reservation = _take(loan, _list_out(loan), begin, end_at, actor, now, _("Loan"), Purpose.LOAN)
    loan.save(update_fields=["reservation", "updated_at"])


def _list_out(loan: Loan) -> dict[int, int]:
    """Units by leaf."""
    bookable = catalog(loan.venue_id).bookables[loan.resource_id or 0]
    return {leaf.id: loan.units for leaf in leaves_of(loan, bookable)}


def swap_resource(
    loan: Loan, resource_id: int, actor: Actor, now: datetime, *, service_time: int = 0
) -> None:
    """From now on, or from when it begins: who had the other thing before that is in nobody's way.

    What comes back is free after its ``service_time``.
    """
    reservation = occupancy_of(loan)
    begin = now.replace(second=0, microsecond=0)
    if reservation.status == Occupancy.CHECKED_IN and begin > reservation.starts_at:
        until = max(reservation.ends_at, begin + timedelta(minutes=1))
        end(loan, actor, now, service_time=service_time)
        units = {resource_id: loan.units}
        loan.reservation = _take(loan, units, begin, until, actor, now, _("Loan"), Purpose.LOAN)
        return
    loan.reservation = change_reservation(
        reservation_id=reservation.pk,
        changes=ReservationChanges(
            start=max(begin, reservation.starts_at), resources={loan.resource_id or 0: resource_id}
        ),
        actor=in_charge(actor),
        now=now,
    )


def release(loan: Loan, actor: Actor, now: datetime) -> None:
    """It was not fetched."""
    cancel_reservation(reservation_id=occupancy_of(loan).pk, actor=in_charge(actor), now=now)
    loan.reservation = None


def end(loan: Loan, actor: Actor, now: datetime, *, service_time: int = 0) -> None:
    """It is back; ``service_time`` minutes stay taken as far as they were."""
    reservation = occupancy_of(loan)
    if reservation.status != Occupancy.COMPLETED:
        with joining():
            loan.reservation = complete_reservation(
                reservation_id=reservation.pk,
                actor=in_charge(actor),
                free_from=now + timedelta(minutes=service_time),
                locked=reservation,
                now=max(now, reservation.starts_at),
            )


def split_occupancy(
    loan: Loan, units: int, parts: Sequence[int], actor: Actor, now: datetime, *, service_time: int = 0
) -> None:
    """So many units, or these parts of a whole, stay out; all else is back, after its service time."""
    was_out, reservation = _list_out(loan), occupancy_of(loan)
    end_at = reservation.ends_at
    begin = max(reservation.starts_at + timedelta(minutes=1), now.replace(second=0, microsecond=0))
    loan.units, loan.parts = units, [*parts]
    if end_at <= begin:
        # Overdue, and somebody else has booked the time: nothing is left to be split. What is out stays
        # checked in, else nobody would know that it is not there.
        return
    end(loan, actor, now)
    still_out = _list_out(loan)
    loan.reservation = _take(loan, still_out, begin, end_at, actor, now, _("Loan"), Purpose.LOAN)
    returned = {id: count - still_out.get(id, 0) for id, count in was_out.items()}
    ready_at = min(end_at, begin + timedelta(minutes=service_time))
    if ready_at > begin:
        back = {id: count for id, count in returned.items() if count}
        _take(loan, back, begin, ready_at, actor, now, _("Being made ready"), Purpose.BLOCK)


def occupy_anew(loan: Loan, until: int, actor: Actor, now: datetime) -> None:
    """It is still out, though what was booked for it is over: another reservation, from now on."""
    bookable = catalog(loan.venue_id).bookables[loan.resource_id or 0]
    end(loan, actor, now)
    ids = [leaf.id for leaf in leaves_of(loan, bookable)] if loan.parts else [bookable.id]
    begin, until_at = now.replace(second=0, microsecond=0), from_minute(until)
    units = dict.fromkeys(ids, loan.units)
    loan.reservation = _take(loan, units, begin, until_at, actor, now, _("Loan"), Purpose.LOAN)


def _take(
    loan: Loan,
    units_by_leaf: Mapping[int, int],
    start: datetime,
    end: datetime,
    actor: Actor,
    now: datetime,
    title: str,
    purpose: Purpose,
) -> Reservation:
    is_loan = purpose == Purpose.LOAN
    return block_time(
        venue_id=loan.venue_id,
        items=[ItemRequest(id, quantity=units) for id, units in units_by_leaf.items()],
        start=start,
        end=end,
        title=title,
        purpose=purpose,
        actor=in_charge(actor),
        customer=Customer.from_user(loan.borrower) if is_loan else None,
        begun=is_loan,
        now=now,
    )


def occupancy_of(loan: Loan) -> Reservation:
    if loan.reservation is None:
        raise ValueError(f"Loan {loan.pk} occupies nothing ({Status(loan.status)}).")
    return loan.reservation


def end_minute_of(loan: Loan) -> int:
    return to_minute(occupancy_of(loan).ends_at)


def start_minute_of(loan: Loan) -> int:
    return to_minute(occupancy_of(loan).starts_at)
