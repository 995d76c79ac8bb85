"""What runs every few seconds costs next to nothing while nothing is due."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.clock import now
from common.lanes import Lane
from common.periodic import jobs
from reservations.domain.values import Actor
from reservations.enums import Status
from reservations.services import cancel_reservation, expire_unpaid
from reservations.tests.api_helpers import local
from resources.enums import Approval
from tests.factories import at, book, make_resource
from waitlist.models import WaitlistEntry
from waitlist.services import offer_freed_capacity, offer_what_came_free
from waitlist.tests.helpers import join, offer

pytestmark = pytest.mark.django_db
READS = ("SELECT", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "WITH")


def awaiting_staff(number: int) -> None:
    """Requests with an unpaid deposit that staff have to decide on."""
    for _each in range(number):
        room = make_resource()
        room.rules.deposit_percent, room.rules.approval = 40, Approval.MANUAL
        room.rules.save()
        assert book(room).status == Status.PENDING


def waiting_in_vain() -> WaitlistEntry:
    """For an hour that is taken."""
    room = make_resource()
    book(room, at(7, 9), minutes=240)
    return join(room, earliest_time=time(11), latest_time=time(11), duration=60)


def test_looking_again_writes_nothing() -> None:
    awaiting_staff(1)
    waiting_in_vain()
    offer(join(make_resource()))
    each_tick = [job for job in jobs if job.every is None and job.lane == Lane.DEFAULT]
    moment = now() + timedelta(minutes=31)
    for _twice in range(2):
        with CaptureQueriesContext(connection) as queries:
            for job in each_tick:
                job.perform(moment)
    writes = [query["sql"] for query in queries if not query["sql"].lstrip().startswith(READS)]
    assert writes == [], "\n".join(writes)


def test_whoever_was_passed_over_stays_so_since_then() -> None:
    room = make_resource()
    an_hour, _rest = book(room, local(7, 10)), book(room, local(7, 11), minutes=180)
    entry = join(room, earliest_time=time(10), latest_time=time(10), duration=120)
    began = now()
    for minutes in (0, 5):
        offer_freed_capacity(venue_id=entry.venue_id, now=began + timedelta(minutes=minutes))
        entry.refresh_from_db()
        assert (entry.skip_reason, entry.skipped_at) == ("taken", began)
    later = began + timedelta(minutes=10)
    cancel_reservation(reservation_id=an_hour.pk, actor=Actor())
    offer_what_came_free(venue_id=entry.venue_id, now=later)
    entry.refresh_from_db()
    assert entry.skipped_at == later  # time came free, and did not fit


@pytest.mark.django_db(transaction=True)
def test_requests_that_await_staff_cost_the_same_however_many() -> None:
    counts = []
    for number in (1, 3):
        awaiting_staff(number)
        expire_unpaid(now=now() + timedelta(minutes=31))  # their configuration is at hand then
        with CaptureQueriesContext(connection) as queries:
            assert expire_unpaid(now=now() + timedelta(minutes=31)) == 0
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6
