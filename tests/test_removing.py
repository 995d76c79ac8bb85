"""What was over long ago goes whole, what may still be needed stays, and nothing else may touch history."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from common import clock
from common.models import SweepFailure
from lending.tests.helpers import ask, make_thing
from notifications.models import Message
from payments.models import Bill, Payment
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.models import (
    Allocation,
    HistoryRemoval,
    Reservation,
    ReservationEvent,
    ReservationItem,
    ReservationSeries,
)
from reservations.retention import HistoryPart, history_parts
from reservations.services import make_rule, record_payment, remove_history, removing
from reservations.services.removing import NOBODY
from resources.models import Resource
from tests.factories import at, book, hold, make_resource
from tests.removing_steps import long_ago, paid, remove
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.tests.helpers import join, offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource()


LONG_AGO = -1200


def test_all_of_it_goes_and_the_run_is_on_record(room: Resource) -> None:
    old = long_ago(lambda: book(room))
    new = book(room)
    assert Message.objects.filter(subject_id=str(old.pk)).exists()

    assert remove(room) == 1
    for model in (Allocation, ReservationItem, ReservationEvent):
        assert set(model._default_manager.values_list("reservation", flat=True)) == {new.pk}
    assert [each.pk for each in Reservation.objects.all()] == [new.pk]
    assert not Message.objects.filter(subject_id=str(old.pk)).exists()
    record = HistoryRemoval.objects.get()
    assert (record.venue_id, record.reservations, record.events, record.permit_id) == (
        room.venue_id,
        1,
        1,
        None,
    )
    assert remove(room) == 0
    assert HistoryRemoval.objects.count() == 1  # what removed nothing is no removal


def test_months_are_those_of_the_venues_calendar(room: Resource) -> None:
    with time_machine.travel("2027-03-31T22:30:00Z"):  # in Berlin it is April
        rule = make_rule(room.venue, months=14, now=clock.now())
    assert rule.before.isoformat() == "2026-02-01T00:00:00+01:00"


def half_paid(room: Resource) -> Reservation:
    booked = book(room)
    record_payment(reservation_id=booked.pk, amount=booked.total_amount / 2, actor=Actor())
    return booked


def touched_since(room: Resource) -> Reservation:
    booked = book(room)
    values = {
        "venue_id": booked.venue_id,
        "at": at(-LONG_AGO - 30),
        "source": Source.STAFF,
        "new_status": "confirmed",
    }
    ReservationEvent.objects.create(reservation=booked, kind="edited", **values)
    return booked


def in_a_series_that_runs(room: Resource) -> Reservation:
    booked = book(room)
    series = ReservationSeries.objects.create(venue=room.venue, rule="FREQ=WEEKLY")
    later = book(room, at(8))
    shift = timedelta(days=-LONG_AGO)
    Reservation.objects.filter(pk=later.pk).update(starts_at=at(8) + shift, ends_at=at(9) + shift)
    Reservation.objects.filter(pk__in=[booked.pk, later.pk]).update(series=series)
    return booked


def still_lent(room: Resource) -> Reservation:
    loan = ask(make_thing(room.venue, loan_period=60))
    assert loan.reservation is not None
    return loan.reservation


def offered_to_somebody_who_waits(room: Resource) -> Reservation:
    made = offer(join(room))
    Reservation.objects.filter(pk=made.reservation_id).update(status="cancelled", expires_at=None)
    return made.reservation


def occupying_until_now(room: Resource) -> Reservation:
    booked = book(room)
    booked.allocations.update(b1=clock.epoch_minute(at(-LONG_AGO + 1)))
    return booked


@pytest.mark.parametrize(
    "needed",
    [
        hold,
        paid,
        touched_since,
        in_a_series_that_runs,
        still_lent,
        offered_to_somebody_who_waits,
        occupying_until_now,
    ],
)
def test_what_is_still_needed_stays(room: Resource, needed: Callable[[Resource], Reservation]) -> None:
    booked = long_ago(lambda: needed(room))
    assert remove(room) == 0
    assert Reservation.objects.filter(pk=booked.pk).exists()


def test_what_was_paid_for_goes_with_its_payments_once_the_books_may(room: Resource) -> None:
    settled = long_ago(lambda: paid(room))
    open_still = long_ago(lambda: half_paid(make_resource(room.venue, rules=room.rules)))

    assert remove(room, paid_months=60) == 0
    assert remove(room, paid_months=30) == 1
    assert not Reservation.objects.filter(pk=settled.pk).exists()
    assert [bill.reservation for bill in Bill.objects.all()] == [open_still]
    assert Payment.objects.count() == 1


def test_a_series_goes_with_its_last_date(room: Resource) -> None:
    booked = long_ago(lambda: [book(room, at(day)) for day in (1, 8)])
    series = ReservationSeries.objects.create(venue=room.venue, rule="FREQ=WEEKLY")
    Reservation.objects.filter(pk__in=[each.pk for each in booked]).update(series=series)

    assert remove(room) == 2
    assert not ReservationSeries.objects.exists()


def test_offers_and_entries_go_with_what_was_offered(room: Resource) -> None:
    made = long_ago(lambda: offer(join(room)))
    Reservation.objects.update(status="confirmed", expires_at=None)
    WaitlistEntry.objects.update(status=WaitlistStatus.BOOKED)
    WaitlistOffer.objects.update(outcome=WaitlistOffer.Outcome.ACCEPTED)

    assert remove(room) == 1
    assert not WaitlistOffer.objects.exists()
    assert not WaitlistEntry.objects.exists()
    assert not Message.objects.filter(subject_id=str(made.entry_id)).exists()


def test_a_run_without_anything_to_remove_writes_nothing(room: Resource) -> None:
    book(room)
    with CaptureQueriesContext(connection) as queries:
        assert remove(room) == 0
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_batches_go_on_until_enough_has_gone(room: Resource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "BATCH", 2)
    long_ago(lambda: [book(room, at(day)) for day in range(1, 8)])
    rule = make_rule(room.venue, months=24, now=clock.now())

    assert remove_history(rule, now=clock.now(), limit=3) == 4
    assert remove_history(rule, now=clock.now()) == 3


def test_other_venues_keep_theirs(room: Resource) -> None:
    other = long_ago(lambda: book(make_resource()))
    assert remove(room) == 0
    assert other.events.exists()


class OneIsBroken:
    def __init__(self, broken: UUID) -> None:
        self.broken = broken

    def __call__(self, ids: Any) -> None:
        if self.broken in ids:
            raise ValueError("a part fails")


@pytest.fixture
def part() -> Iterator[Callable[[Any], None]]:
    def register(remove: Any) -> None:
        history_parts.register("broken", HistoryPart(lambda: Q(pk__in=()), remove))

    yield register
    history_parts.unregister("broken")


def test_one_that_cannot_go_stops_no_other(room: Resource, part: Callable[[Any], None]) -> None:
    old = long_ago(lambda: [book(room, at(day)) for day in range(1, 8)])
    part(OneIsBroken(old[3].pk))

    assert remove(room) == 6
    assert [each.pk for each in Reservation.objects.all()] == [old[3].pk]
    assert old[3].events.exists()
    assert [failure.key for failure in SweepFailure.objects.all()] == [str(old[3].pk)]
    assert remove(room) == 0  # its turn has not come again


@pytest.mark.django_db(transaction=True)
def test_what_an_app_still_refers_to_stays_though_nobody_said_so(room: Resource) -> None:
    made = long_ago(lambda: offer(join(room)))
    Reservation.objects.update(status="cancelled", expires_at=None)
    long_ago(lambda: book(room, at(8)))
    waiting = history_parts["waitlist"]
    history_parts.unregister("waitlist")
    try:
        assert remove(room) == 1
    finally:
        history_parts.register("waitlist", waiting)
    assert [each.pk for each in Reservation.objects.all()] == [made.reservation_id]
    assert made.reservation.events.exists()


def test_every_relation_to_reservations_is_looked_after() -> None:
    own = {"reservations.Allocation", "reservations.ReservationItem", "reservations.ReservationEvent"}
    looked_after = {name for part in history_parts for name in part.relations}
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if field.related_model is Reservation and not field.primary_key and model._meta.label not in own:
                assert f"{model._meta.label}.{field.name}" in looked_after


# --- the one way past the guard ---


def permit(venue_id: int, before: Any) -> HistoryRemoval:
    return HistoryRemoval.objects.create(
        venue_id=venue_id, before=before, started_at=clock.now(), permit_id=NOBODY
    )


def in_one_transaction(*acts: Callable[[], object]) -> None:
    with transaction.atomic():
        for act in acts:
            act()


@pytest.mark.parametrize("case", ["no permit", "of another venue", "too young", "ended"])
def test_history_does_not_go_without_a_permit(room: Resource, case: str) -> None:
    event = long_ago(lambda: book(room)).events.get()
    ended = HistoryRemoval.objects.filter(venue=room.venue)
    first: dict[str, Callable[[], object]] = {
        "no permit": lambda: None,
        "of another venue": lambda: permit(make_resource().venue_id, clock.now()),
        "too young": lambda: permit(room.venue_id, event.at),
        "ended": lambda: (permit(room.venue_id, clock.now()), ended.update(permit=None)),
    }
    with pytest.raises(DatabaseError, match="append"):
        in_one_transaction(first[case], event.delete)
    assert ReservationEvent.objects.filter(pk=event.pk).exists()


def test_a_permit_lets_nothing_be_changed(room: Resource) -> None:
    events = long_ago(lambda: book(room)).events.all()
    with pytest.raises(DatabaseError, match="append"):
        in_one_transaction(lambda: permit(room.venue_id, clock.now()), lambda: events.update(kind="edited"))


@pytest.mark.django_db(transaction=True)
def test_no_permit_outlives_its_transaction(room: Resource) -> None:
    events = long_ago(lambda: book(room)).events.all()
    with pytest.raises(IntegrityError):
        in_one_transaction(lambda: permit(room.venue_id, clock.now()), events.delete)
    assert events.all().exists()
    assert not HistoryRemoval.objects.exists()


@pytest.mark.once
def test_nothing_else_gives_a_permit() -> None:
    root = Path(__file__).parents[1]
    allowed = {"reservations/removals.py", "reservations/services/removing.py"}
    rooms = {
        config.name
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(root / config.name)
    }
    files = (path for name in rooms for path in (root / name).rglob("*.py"))
    naming = {str(path.relative_to(root)) for path in files if "HistoryRemoval" in path.read_text()}
    naming = {name for name in naming if "/tests/" not in name and "/migrations/" not in name}
    assert naming == allowed | {"reservations/models.py"}


def test_what_stays_is_in_no_file(room: Resource, tmp_path: Path, part: Callable[[Any], None]) -> None:
    booked = long_ago(lambda: book(room))
    part(OneIsBroken(booked.pk))
    assert remove(room, archive=tmp_path) == 0
    assert not list(tmp_path.iterdir())
