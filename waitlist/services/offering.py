"""Offers freed time to those who wait, in order, as a held reservation with a deadline.

Who waits and what is free is read once for a run. Each offer is a transaction of its own that locks the
venue's queue and looks at its entry again.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from itertools import islice
from uuid import UUID

from django.db import transaction

from common.clock import now as clock_now
from common.errors import DomainError
from common.sweeping import Sweep
from common.transactions import retried_atomic
from reservations.domain.extensions import Offering, offering_of
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Source
from reservations.exceptions import CapacityReached, SlotTaken
from reservations.models import Reservation
from reservations.services import confirm_hold, hold_reservation
from resources.bookables import Catalog
from resources.catalog import catalog
from resources.models import Resource, Venue
from scheduling.reasons import Reason
from scheduling.zones import from_minute, to_minute
from waitlist.choices import choosing_at_once
from waitlist.enums import WaitlistStatus
from waitlist.matching import Declined, FreeTime, NothingFree, Outlook, list_days
from waitlist.models import QueueLook, WaitlistEntry, WaitlistOffer
from waitlist.querysets import WaitlistQuerySet
from waitlist.services.answering import customer_of
from waitlist.services.answers import Answer, Refused, record_answers
from waitlist.services.concerned import Concern
from waitlist.services.locking import lock_queue
from waitlist.services.looks import (
    Freed,
    entries_due,
    everybody_is_due,
    forget_freed,
    list_run_out,
    read_occupancy,
    remember_look,
)
from waitlist.signals import EntryNews, tell

OUTCOME = WaitlistOffer.Outcome
MOST_OFFERS = 500
MOST_ROUNDS = 5
"""How often all are asked anew because somebody at the counter was quicker."""
FIRST_IN_LINE = 20
"""So many are read first: mostly one of them takes what came free."""
MOST_SPANS = 200
"""With more that came free, everybody is asked."""
MOST_NAMED = 500
WISH = ("earliest_time", "latest_time", "duration", "party_size")


def offer_what_came_free(*, venue_id: int, now: datetime | None = None) -> list[WaitlistOffer]:
    """Ask whom something that came free since concerns, and who is due; all, where anything may be free.

    Whoever is not asked was told nothing fits, and nothing they could have has come free since.
    """
    run = _make_run(venue_id, now)
    # Before anything else is read: what these rows name is free for all that is read after them.
    freed = Freed(venue_id)
    if len(freed.spans) > MOST_SPANS or everybody_is_due(venue_id, run.catalog.stamp, run.now):
        is_done = _ask_everybody(run)
    else:
        is_done = run.in_rounds(partial(_ask_concerned, run, freed))
    if is_done:
        forget_freed(freed.row_ids)
    return run.offers


def offer_freed_capacity(*, venue_id: int, now: datetime | None = None) -> list[WaitlistOffer]:
    """Ask everybody who waits at the venue."""
    run = _make_run(venue_id, now)
    _ask_everybody(run)
    return run.offers


@dataclass
class _OfferRun:
    venue_id: int
    catalog: Catalog
    now: datetime
    sweep: Sweep
    offers: list[WaitlistOffer] = field(default_factory=list)
    answers: dict[UUID, Answer] = field(default_factory=dict)
    overtaken: Counter[UUID] = field(default_factory=Counter)
    upcoming: deque[UUID] = field(default_factory=deque)
    _whole: dict[UUID, WaitlistEntry] = field(default_factory=dict)
    _has_read: bool = False
    _resources: dict[int, Resource] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        return len(self.offers) >= MOST_OFFERS

    def read_whole(self, seen: WaitlistEntry) -> WaitlistEntry | None:
        """All of a row, unless it has changed; with the next in line, once it is not the only one."""
        if seen.pk not in self._whole:
            ids = list(islice(self.upcoming, FIRST_IN_LINE if self._has_read else 1))
            self._has_read = True
            self.read_all_of(WaitlistEntry.objects.waiting().filter(pk__in=ids))
        entry = self._whole.pop(seen.pk, None)
        is_same = entry and all(getattr(entry, name) == getattr(seen, name) for name in WISH)
        return entry if is_same else None

    def read_all_of(self, entries: WaitlistQuerySet) -> list[WaitlistEntry]:
        rows = list(entries.select_related("venue", "customer"))
        self._whole |= {entry.pk: copy(entry) for entry in rows}
        return rows

    def find_resource(self, id: int) -> Resource:
        if id not in self._resources:
            self._resources[id] = Resource.objects.get(pk=id)
        return self._resources[id]

    def in_rounds(self, ask: Callable[[], bool]) -> bool:
        """Whether all who are to be asked were; what they answered is written down."""
        is_done = any(ask() for _round in range(MOST_ROUNDS) if not self.is_full)
        record_answers(self.answers.values(), self.now)
        return is_done


def _make_run(venue_id: int, now: datetime | None) -> _OfferRun:
    at = now or clock_now()
    return _OfferRun(venue_id, catalog(venue_id), at, Sweep("waitlist.offer_freed_capacity", now=at))


def _ask_everybody(run: _OfferRun) -> bool:
    look = QueueLook(
        venue_id=run.venue_id,
        config_stamp=run.catalog.stamp,
        occupancy=read_occupancy(run.venue_id),
        looked_at=run.now,
    )
    is_done = run.in_rounds(partial(_ask_all, run))
    if is_done:
        remember_look(look)
    return is_done


def _ask_all(run: _OfferRun) -> bool:
    entries = _read(_waiting(run).in_order())
    outlook = Outlook(run.catalog, now=run.now)
    outlook.read(list_days(entries, run.catalog))
    return _ask_in_turn(run, outlook, entries)


def _ask_concerned(run: _OfferRun, written_down: Freed) -> bool:
    outlook = Outlook(run.catalog, now=run.now)
    freed = sorted(written_down.spans.union(list_run_out(run.venue_id, outlook.moment)))
    concern = Concern(run.catalog, freed)
    concerned = concern.narrow(_waiting(run)).in_order()
    due = _read(entries_due(run.venue_id, max(run.now, clock_now())).in_order())
    first = run.read_all_of(concerned[:FIRST_IN_LINE]) if freed else []
    outlook.read([*list_days(due, run.catalog), *concern.list_days()], freed)
    # What came free just now is seen by those who are asked for something else, too: it is whose turn it is.
    if written_down.read_more():
        return False
    due_ids = {entry.pk for entry in due}

    def is_to_be_asked(entry: WaitlistEntry) -> bool:
        # Once it is taken again, whoever waits for just that has been passed over by nobody.
        return entry.pk in due_ids or (outlook.has_freed_time_left() and concern.includes(entry))

    ask = partial(_ask_in_turn, run, outlook, is_to_be_asked=is_to_be_asked, freed_for=concern.includes)
    if len(first) < FIRST_IN_LINE:
        return ask(_in_order([*due, *first]))
    # Nobody due who comes behind them is asked before all of those in front.
    last = _place(first[-1])
    if not ask(_in_order([*(entry for entry in due if _place(entry) <= last), *first])):
        return False
    rest = _read(concerned) if outlook.has_freed_time_left() else []
    return ask([entry for entry in _in_order([*due, *rest]) if _place(entry) > last])


def _waiting(run: _OfferRun) -> WaitlistQuerySet:
    return WaitlistEntry.objects.waiting().filter(venue=run.venue_id)


COLUMNS = ("venue", "resource", "group", "customer_email", "preferred_on", *WISH)
KEPT = ("priority", "created_at", "status", "skip_reason", "skipped_at", "due_at")


def _read(entries: WaitlistQuerySet) -> list[WaitlistEntry]:
    """Only what is looked at: a queue may be long."""
    columns = (*COLUMNS, *KEPT, "customer__email", "customer__is_superuser")
    return list(entries.select_related("customer").only(*columns))


def _place(entry: WaitlistEntry) -> tuple[int, datetime, UUID]:
    return -entry.priority, entry.created_at, entry.pk


def _in_order(entries: Iterable[WaitlistEntry]) -> list[WaitlistEntry]:
    return sorted({entry.pk: entry for entry in entries}.values(), key=_place)


class OvertakenByThemselves(Exception):
    """They have left, or want something else, while a time was being held for them."""


class Unsettled(Enum):
    GONE = "they wait no longer, or for something else"
    OVERTAKEN = "the time was just taken, so that another may fit those who were asked before"


Result = WaitlistOffer | NothingFree | Refused | Unsettled


def _ask_in_turn(
    run: _OfferRun,
    outlook: Outlook,
    entries: Sequence[WaitlistEntry],
    *,
    is_to_be_asked: Callable[[WaitlistEntry], bool] = lambda entry: True,
    freed_for: Callable[[WaitlistEntry], bool] = lambda entry: False,
) -> bool:
    """False where all have to be asked anew, or enough offers were made."""
    declined = read_declined_times(entries)
    entry_by_id = {entry.pk: entry for entry in entries}
    # In queue order, but entries that failed before wait longer and longer, so that they block nobody.
    turns = run.sweep.in_turn(list(entry_by_id))
    for entry_id in entry_by_id.keys() - set(turns):
        run.answers[entry_id] = Answer(entry_by_id[entry_id], None)

    def ask(entry_id: UUID) -> Result:
        return _ask(run, outlook, entry_by_id[entry_id], declined.get(entry_id, frozenset()))

    run.upcoming = deque(turns)
    while run.upcoming:
        if run.is_full:
            return False
        entry = entry_by_id[run.upcoming[0]]
        if is_to_be_asked(entry):
            result = run.sweep.attempt(entry.pk, ask)
            if result is Unsettled.OVERTAKEN:
                return False
            if result is None or isinstance(result, NothingFree | Refused):
                run.answers[entry.pk] = Answer(entry, result, freed_for(entry))
        run.upcoming.popleft()
    return True


def read_declined_times(entries: Sequence[WaitlistEntry]) -> dict[UUID, Declined]:
    """By entry: pairs of resource id and start (UTC minutes)."""
    offers = WaitlistOffer.objects.filter(outcome=OUTCOME.DECLINED)
    if len(entries) > MOST_NAMED:
        offers = offers.filter(entry__venue=entries[0].venue_id, entry__status=WaitlistStatus.WAITING)
    else:
        offers = offers.filter(entry__in=[entry.pk for entry in entries])
    declined: dict[UUID, set[tuple[int, int]]] = defaultdict(set)
    names = ("entry_id", "reservation__items__resource_id", "reservation__starts_at")
    for entry_id, resource_id, start in offers.values_list(*names):
        declined[entry_id].add((resource_id, to_minute(start)))
    return {entry_id: frozenset(pairs) for entry_id, pairs in declined.items()}


def _ask(run: _OfferRun, outlook: Outlook, entry: WaitlistEntry, declined: Declined) -> Result:
    free_time = outlook.find_free_time(entry, declined)
    if isinstance(free_time, NothingFree):
        return free_time
    result = _offer(run, entry, free_time)
    if isinstance(result, WaitlistOffer):
        run.offers.append(result)
        outlook.take(free_time, entry.party_size)
    return result


def _offer(run: _OfferRun, seen: WaitlistEntry, free_time: FreeTime) -> Result:
    """Hold the time and write the offer, unless a rule or somebody else is in the way."""
    offering = offering_of(free_time.bookable, free_time.start, free_time.end, run.now)
    if not offering.is_offered:
        return NothingFree(Reason.TAKEN)
    entry = run.read_whole(seen)
    if entry is None:
        return Unsettled.GONE
    try:
        return _hold_and_write(run, entry, free_time, offering)
    except OvertakenByThemselves:
        return Unsettled.GONE
    except (SlotTaken, CapacityReached) as conflict:
        run.overtaken[entry.pk] += 1
        return Unsettled.OVERTAKEN if run.overtaken[entry.pk] == 1 else Refused(conflict.code)
    except DomainError as refusal:
        return Refused(refusal.code)


@retried_atomic
def _hold_and_write(
    run: _OfferRun, entry: WaitlistEntry, free_time: FreeTime, offering: Offering
) -> WaitlistOffer:
    """Raises ``OvertakenByThemselves`` and what ``hold_reservation`` raises."""
    # Nothing is offered at this venue while its waiting is ended, nor twice by two runs.
    lock_queue(run.venue_id)
    # Only as it was read: whoever changes their wish becomes due.
    as_read = {name: getattr(entry, name) for name in (*WISH, "customer_email")}
    rows = WaitlistEntry.objects.waiting().filter(pk=entry.pk, **as_read)
    deadline = _find_deadline(free_time, offering)
    hold = _hold(run, entry, free_time, deadline)
    is_booked = offering.is_booked_at_once and _book_at_once(entry, hold, run.now)
    # The row is written last: whom a rule refuses again and again leaves no trace.
    status = WaitlistStatus.BOOKED if is_booked else WaitlistStatus.CONTACTED
    if not rows.update(status=status, skip_reason="", skipped_at=None):
        raise OvertakenByThemselves
    return _write_offer(entry, hold, deadline, status)


def _find_deadline(free_time: FreeTime, offering: Offering) -> datetime:
    """Never later than the time itself begins."""
    minutes = free_time.bookable.customer_rules.offer_minutes
    by_rules = offering.until or clock_now() + timedelta(minutes=minutes)
    return min(by_rules, from_minute(free_time.start))


def _book_at_once(entry: WaitlistEntry, hold: Reservation, now: datetime) -> bool:
    """False where they have something to say first: the time stays held for them."""
    try:
        with transaction.atomic(), choosing_at_once(entry, hold):
            confirm_hold(
                reservation_id=hold.pk,
                customer=customer_of(entry),
                actor=Actor(entry.customer, Source.WAITLIST),
                now=now,
            )
    except DomainError:
        return False
    return True


def _hold(run: _OfferRun, entry: WaitlistEntry, free_time: FreeTime, deadline: datetime) -> Reservation:
    hold = hold_reservation(
        venue_id=entry.venue_id,
        items=[ItemRequest(free_time.bookable.id)],
        start=from_minute(free_time.start),
        end=from_minute(free_time.end),
        party_size=entry.party_size,
        actor=Actor(entry.customer, Source.WAITLIST),
        customer=customer_of(entry),
        until=deadline,
        venue_catalog=run.catalog,
        seen_free=True,
        now=run.now,
    )
    # For whoever tells of it: the same resource again and again.
    for item in hold.items.all():
        item.resource = run.find_resource(item.resource_id)
    return hold


def _write_offer(
    entry: WaitlistEntry, hold: Reservation, deadline: datetime, status: WaitlistStatus
) -> WaitlistOffer:
    entry.status = status
    entry.skip_reason, entry.skipped_at = "", None
    is_booked = status == WaitlistStatus.BOOKED
    offer = WaitlistOffer.objects.create(
        venue_id=entry.venue_id,
        entry=entry,
        reservation=hold,
        deadline_at=deadline,
        outcome=OUTCOME.ACCEPTED if is_booked else OUTCOME.OPEN,
    )
    tell(entry, EntryNews.ACCEPTED if is_booked else EntryNews.OFFERED, offer)
    return offer


def expire_entries(*, now: datetime) -> int:
    run = Sweep("waitlist.expire_entries", now=now)
    # Nowhere is it later than 14 hours after UTC: no venue's day is over of which UTC has seen nothing.
    maybe_over = _entries_without_offer().filter(preferred_on__lte=now.astimezone(UTC).date())
    venues = run.in_turn(list(maybe_over.order_by().values_list("venue_id", flat=True).distinct()))
    return sum(run.attempt(venue_id, partial(_expire_entries, now=now)) or 0 for venue_id in venues)


def _expire_entries(venue_id: int, *, now: datetime) -> int:
    today = now.astimezone(Venue.objects.get(pk=venue_id).zone).date()
    past = _entries_without_offer().filter(venue_id=venue_id, preferred_on__lt=today)
    return WaitlistEntry.objects.filter(pk__in=past.values("pk")).update(status=WaitlistStatus.EXPIRED)


def _entries_without_offer() -> WaitlistQuerySet:
    return WaitlistEntry.objects.active().exclude(offers__outcome=OUTCOME.OPEN)
