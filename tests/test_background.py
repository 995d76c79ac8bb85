"""What happens by itself: with worker and beat inside the server, and as processes of their own."""

import sys
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django import Settings

from common import clock
from common.background import Queue, enqueue_after_commit
from common.periodic import run_all_jobs
from config.celery import app
from config.embedded import EmbeddedWorker
from reservations.enums import Status
from reservations.models import Allocation, Reservation
from tests.factories import hold, make_resource
from tests.processes import PATIENCE, beat, free_port, needs_redis, redis, running, until, worker

pytestmark = pytest.mark.django_db(transaction=True)


def overdue_hold() -> Reservation:
    """A hold that ran out a minute ago."""
    held = hold(make_resource())
    ended = clock.now() - timedelta(minutes=1)
    Reservation.objects.filter(pk=held.pk).update(expires_at=ended)
    Allocation.objects.filter(reservation=held).update(expires_at=clock.epoch_seconds(ended))
    return held


def is_expired(held: Reservation) -> bool:
    return Reservation.objects.get(pk=held.pk).status == Status.EXPIRED


def test_all_that_is_due_done_again_changes_nothing_more() -> None:
    held = overdue_hold()
    done = run_all_jobs(clock.now()).done
    assert {name: count for name, count in done.items() if count} == {"reservations.expire_holds": 1}
    assert is_expired(held)
    version = Reservation.objects.get(pk=held.pk).version
    assert not any(run_all_jobs(clock.now()).done.values())
    assert Reservation.objects.get(pk=held.pk).version == version


@pytest.mark.once
def test_the_server_itself_does_what_is_due_without_a_broker(settings: Settings) -> None:
    settings.TICK_SECONDS = 3600  # the schedule's second turn is not what ends the later hold
    held = overdue_hold()
    with EmbeddedWorker(app):
        until(lambda: is_expired(held))
        later = overdue_hold()
        with transaction.atomic():
            enqueue_after_commit(app.tasks["periodic.reservations.expire_holds"])
            assert not is_expired(later)
        until(lambda: is_expired(later))
    assert not Queue.is_served()


QUEUE_ONE = """
from time import monotonic
from common.background import enqueue_after_commit
from config.celery import app
began = monotonic()
for number in range(3):
    enqueue_after_commit(app.tasks["periodic.reservations.expire_holds"])
print("went on after", monotonic() - began)
"""


@pytest.mark.once
def test_a_broker_that_is_away_stops_nobody() -> None:
    environment = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    with running(sys.executable, "manage.py", "shell", "-v0", "-c", QUEUE_ONE, **environment) as shell:
        assert shell.process.wait(timeout=PATIENCE) == 0, shell.output
    told = "periodic.reservations.expire_holds waits for its next turn: the broker is away"
    assert shell.output.count(told) == 1, "the others do not wait for it"
    # Celery by itself would try for six seconds, each time.
    assert float(shell.output.split("went on after ")[1].split()[0]) < 5


@pytest.mark.once
@needs_redis
def test_worker_and_beat_are_processes_of_their_own_and_survive_their_broker() -> None:
    port = free_port()
    environment = {"REDIS_URL": f"redis://127.0.0.1:{port}/0", "TICK_SECONDS": "1"}
    with ExitStack() as stack:
        with redis(port) as broker, ExitStack() as while_up:
            working = stack.enter_context(worker(**environment))
            stack.enter_context(beat(**environment))
            held = overdue_hold()
            until(lambda: is_expired(held))
            while_up.callback(broker.kill)
        missed = overdue_hold()
        until(lambda: "Connection to broker lost" in working.output)
        assert not is_expired(missed)
        stack.enter_context(redis(port))
        until(lambda: is_expired(missed))


@pytest.mark.postgresql
@needs_redis
def test_a_killed_worker_loses_nothing() -> None:
    port = free_port()
    environment = {"REDIS_URL": f"redis://127.0.0.1:{port}/0", "TICK_SECONDS": "1"}
    with redis(port), beat(**environment):
        with worker(**environment) as first:
            first.kill()
        held = overdue_hold()
        with worker(**environment):
            until(lambda: is_expired(held))
