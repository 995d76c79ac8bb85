"""However many wait: a cancellation, a change of the hours and a tick without news cost as much as ever."""

from collections.abc import Callable
from datetime import time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from common.background import Queue
from common.clock import now
from common.periodic import jobs
from reservations.domain.values import Actor, Customer
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from reservations.services import cancel_reservation, hold_reservation
from reservations.tests.api_helpers import local
from resources.models import AvailabilityOverride, Resource
from tests.factories import book, make_group, make_resource
from waitlist import tasks
from waitlist.enums import WaitlistStatus
from waitlist.models import FreedTime, WaitlistEntry, WaitlistOffer
from waitlist.services import change_entry, decline_offer, offer_what_came_free, offering
from waitlist.tests.helpers import day

pytestmark = pytest.mark.django_db(transaction=True)
READS = ("SELECT", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK", "WITH")


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Venues whose offers a worker would make: there is one, and it has not come so far."""
    venues: list[int] = []
    monkeypatch.setattr(Queue, "embedded", True)
    monkeypatch.setattr(Queue, "is_prompt", lambda: True)
    monkeypatch.setattr(
        tasks.offer_to_those_waiting, "apply_async", lambda args, *_, **__: venues.extend(args)
    )
    return venues


def let_wait(room: Resource, count: int, **fields: Any) -> list[WaitlistEntry]:
    """For ten o'clock, in a queue of which all have been asked."""
    at_ten: dict[str, Any] = {"preferred_on": day(), "duration": 60}
    at_ten |= {"earliest_time": time(10), "latest_time": time(10)}
    first = WaitlistEntry.objects.count()
    entries = WaitlistEntry.objects.bulk_create(
        WaitlistEntry(
            venue=room.venue,
            customer_email=f"person{first + number}@example.com",
            **({"resource": room} | at_ten | fields),
        )
        for number in range(count)
    )
    offer_what_came_free(venue_id=room.venue_id)
    return entries


def cancel(made: Reservation) -> None:
    cancel_reservation(reservation_id=made.pk, actor=Actor())


def statements_of(act: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        act()
    return [query["sql"] for query in captured]


def served() -> list[str]:
    offers = WaitlistOffer.objects.order_by("created_at")
    return list(offers.values_list("entry__customer_email", flat=True))


def test_cancelling_costs_the_same_however_many_wait() -> None:
    counts = []
    for people in (2, 3 * offering.FIRST_IN_LINE):
        room = make_resource()
        made = book(room, local(7, 10))
        let_wait(room, people)
        counts.append(len(statements_of(partial(cancel, made))))
        assert served()[-1] == room.waitlist_entries.order_by("created_at", "pk")[0].customer_email
    assert counts[0] == counts[1]


def lockers() -> dict[UUID, str]:
    """By entry, which transaction has locked or rewritten its row last; PostgreSQL alone keeps it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmax::text || ctid::text FROM waitlist_waitlistentry")
        return dict(cursor.fetchall())


def test_no_row_is_locked_but_that_of_whoever_gets_it(room: Resource) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite locks no rows
    made = book(room, local(7, 10))
    let_wait(room, 3 * offering.FIRST_IN_LINE)
    before = lockers()

    cancel(made)

    locked = [entry for entry, locker in lockers().items() if locker != before[entry]]
    assert len(locked) <= 1
    assert len(served()) == 1


def test_with_workers_cancelling_only_notes_what_came_free(room: Resource, queued: list[int]) -> None:
    alone, made = book(make_resource(), local(7, 10)), book(room, local(7, 10))
    let_wait(room, 3)
    nobody_waits = len(statements_of(lambda: cancel(alone)))

    assert len(statements_of(lambda: cancel(made))) == nobody_waits + 1

    assert (queued, served()) == ([room.venue_id], [])
    assert tasks.offer_to_those_waiting(room.venue_id) == 1
    assert (served(), FreedTime.objects.count()) == (["person0@example.com"], 0)


def test_a_tick_finds_what_a_lost_worker_did_not_offer(room: Resource, queued: list[int]) -> None:
    made = book(room, local(7, 10))
    let_wait(room, 2)
    cancel(made)
    call_command("tick")
    assert (served(), FreedTime.objects.count()) == (["person0@example.com"], 0)


def test_lifting_a_closure_leaves_the_offers_to_a_worker(room: Resource, queued: list[int]) -> None:
    closure = AvailabilityOverride.objects.create(venue=room.venue, starts_on=day(), ends_on=day())
    let_wait(room, 3)
    queued.clear()

    closure.delete()

    assert (queued, served()) == ([room.venue_id], [])
    call_command("tick")
    assert served() == ["person0@example.com"]


def test_many_offers_are_made_in_several_runs(
    room: Resource, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offering, "MOST_OFFERS", 2)
    monkeypatch.setattr("waitlist.services.MOST_OFFERS", 2)
    room.units = 5
    room.save()
    closure = AvailabilityOverride.objects.create(venue=room.venue, starts_on=day(), ends_on=day())
    let_wait(room, 6)
    closure.delete()
    queued.clear()

    made = [tasks.offer_to_those_waiting(room.venue_id)]
    while queued:
        made.append(tasks.offer_to_those_waiting(queued.pop()))

    assert made == [2, 2, 1]
    assert served() == [f"person{number}@example.com" for number in range(5)]


def waitlist_jobs() -> None:
    for job in jobs:
        if job.name.startswith("waitlist."):
            job.perform(now())


def assert_nothing_is_written_or_locked(act: Callable[[], object]) -> None:
    found = statements_of(act)
    assert [sql for sql in found if not sql.lstrip().startswith(READS)] == []
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            act()
            cursor.execute("SELECT pg_current_xact_id_if_assigned()")
            assert cursor.fetchone() == (None,)  # whatever writes or locks a row gets an id


def test_a_tick_without_news_writes_and_locks_nothing(room: Resource) -> None:
    book(room, local(7, 10))
    let_wait(room, 60)
    waitlist_jobs()
    assert_nothing_is_written_or_locked(waitlist_jobs)
    reads = [sql for sql in statements_of(waitlist_jobs) if "earliest_time" in sql]
    assert reads == []  # nor is anybody asked


def test_whom_a_rule_refuses_is_asked_again_and_again_without_a_trace(room: Resource) -> None:
    room.rules.max_active_per_customer = 1
    room.rules.save()
    book(room, local(8, 10), customer=Customer(name="Ada", email="person0@example.com"))
    (entry,) = let_wait(room, 1)
    entry.refresh_from_db()
    assert (entry.status, entry.skip_reason) == ("waiting", "limit_reached")
    assert_nothing_is_written_or_locked(waitlist_jobs)

    cancel(Reservation.objects.get())

    waitlist_jobs()
    assert served() == ["person0@example.com"]


def test_what_is_too_far_ahead_is_offered_once_it_is_not(room: Resource) -> None:
    room.rules.max_advance_days = 7
    room.rules.save()
    late = local(8, 12)
    (entry,) = let_wait(room, 1, preferred_on=late.date(), earliest_time=time(12), latest_time=time(12))
    entry.refresh_from_db()
    assert entry.due_at == late - timedelta(days=7)
    assert offer_what_came_free(venue_id=room.venue_id, now=entry.due_at - timedelta(minutes=1)) == []
    assert len(offer_what_came_free(venue_id=room.venue_id, now=entry.due_at)) == 1


def test_who_changes_a_wish_is_asked_anew(room: Resource) -> None:
    book(room, local(7, 10))
    first, _second = let_wait(room, 2)
    assert offer_what_came_free(venue_id=room.venue_id) == []
    change_entry(entry_id=first.pk, actor=Actor(), changes={"latest_time": time(11)})
    (offer,) = offer_what_came_free(venue_id=room.venue_id)
    assert (offer.entry_id, offer.reservation.starts_at) == (first.pk, local(7, 11))


def test_nobody_is_passed_over_because_somebody_was_quicker(
    room: Resource, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first would have had ten o'clock; it is taken meanwhile, and eleven is theirs as well."""
    either: dict[str, Any] = {"latest_time": time(11)}
    made = [book(room, local(7, hour)) for hour in (10, 11)]
    let_wait(room, 2, **either)
    for each in made:
        cancel(each)
    rivals = iter([Customer(name="Quick", email="quick@example.com")])
    read_whole = offering._OfferRun.read_whole

    def read_late(run: Any, seen: WaitlistEntry) -> WaitlistEntry | None:
        for rival in rivals:
            book(room, local(7, 10), customer=rival)
        return read_whole(run, seen)

    monkeypatch.setattr(offering._OfferRun, "read_whole", read_late)
    offer_what_came_free(venue_id=room.venue_id)
    assert served() == ["person0@example.com"]
    assert WaitlistOffer.objects.get().reservation.starts_at == local(7, 11)
    waits = WaitlistEntry.objects.get(customer_email="person1@example.com")
    assert waits.status == WaitlistStatus.WAITING


def test_a_time_that_is_refused_again_and_again_holds_up_nobody(
    room: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = book(room, local(7, 10))
    let_wait(room, 2)

    def refuse(**fields: Any) -> Reservation:
        if fields["customer"].email == "person0@example.com":
            raise SlotTaken
        return hold_reservation(**fields)

    monkeypatch.setattr(offering, "hold_reservation", refuse)
    cancel(made)
    assert served() == ["person1@example.com"]


def test_what_is_left_of_freed_time_goes_to_the_next(room: Resource) -> None:
    made = book(room, local(7, 10), minutes=120)
    let_wait(room, 3, latest_time=time(11))
    cancel(made)
    assert served() == ["person0@example.com", "person1@example.com"]


def test_who_waits_for_any_of_a_group_is_asked(room: Resource) -> None:
    made = book(room, local(7, 10))
    let_wait(room, 1, resource=None, group=make_group([room]))
    cancel(made)
    assert served() == ["person0@example.com"]


def test_who_declines_is_asked_about_other_times_also_if_that_one_is_taken(room: Resource) -> None:
    book(room, local(7, 11))
    let_wait(room, 1, latest_time=time(12))
    let_wait(room, 1, priority=1)
    declined = WaitlistOffer.objects.get()
    decline_offer(offer_id=declined.pk, actor=Actor())
    assert served() == ["person0@example.com", "person1@example.com", "person0@example.com"]
    assert WaitlistOffer.objects.latest("created_at").reservation.starts_at == local(7, 12)


def test_who_was_elsewhere_then_is_asked_once_they_are_not(room: Resource) -> None:
    room.rules.one_at_a_time = True
    room.rules.save()
    other = make_resource(room.venue, rules=room.rules)
    made = book(other, local(7, 10), customer=Customer(name="Ada", email="person0@example.com"))
    let_wait(room, 1)
    assert served() == []
    cancel(made)
    waitlist_jobs()
    assert served() == ["person0@example.com"]
