"""A server that never answers stops neither holds nor offers nor mails."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from pytest_django import Settings

from calendars import fetching
from calendars.services import add_calendar
from common.lanes import Lane
from common.periodic import jobs
from config.celery import app
from config.embedded import WORKERS, EmbeddedWorker
from notifications.models import Message
from tests.factories import at, book, make_resource
from tests.processes import until
from tests.test_background import is_expired, overdue_hold
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry
from waitlist.tests.helpers import join
from webhooks import sending
from webhooks.models import WebhookDelivery
from webhooks.services import create_endpoint

pytestmark = pytest.mark.django_db(transaction=True)
FOR_EVER = 3600.0


class SilentServer:
    """Takes every connection and answers none until it is closed."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.held: list[socket.socket] = []
        threading.Thread(target=self._hold, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/"

    def _hold(self) -> None:
        with suppress(OSError):
            while True:
                self.held.append(self._listening.accept()[0])

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        for each in self.held:
            each.close()


@contextmanager
def silence() -> Iterator[SilentServer]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield SilentServer(listening)


@pytest.fixture
def patient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gives up during the test."""
    settings.ALLOW_PRIVATE_ADDRESSES = True
    monkeypatch.setattr(sending, "ANSWER_SECONDS", FOR_EVER)
    monkeypatch.setattr(fetching, "SECONDS", FOR_EVER)


@pytest.mark.once
@pytest.mark.usefixtures("patient")
def test_a_silent_server_delays_nothing_but_its_own_lane(mailoutbox: list[Any]) -> None:
    with silence() as server, EmbeddedWorker(app):
        beside = make_resource()
        create_endpoint(venue=beside.venue, url=server.url)
        for number in range(3):
            add_calendar(resource=beside, name=f"Club {number}", url=f"{server.url}{number}.ics")
            book(beside, at(7 + number))
        hanging = WORKERS[Lane.NETWORK] + WORKERS[Lane.CALENDARS]
        until(lambda: len(server.held) >= hanging)  # all workers of both lanes hang, each in its own

        held, waiting = overdue_hold(), join(make_resource())
        booked = book(make_resource())
        until(lambda: is_expired(held))
        until(lambda: WaitlistEntry.objects.get(pk=waiting.pk).status == WaitlistStatus.CONTACTED)
        until(lambda: not Message.objects.filter(venue_id=booked.venue_id).exclude(status="sent").exists())
        assert any(booked.code in mail.body for mail in mailoutbox)
        assert len(server.held) == hanging
        assert not WebhookDelivery.objects.exclude(response_status=None).exists()
        server.close()


def test_every_task_says_its_lane() -> None:
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    lanes = {
        name: app.amqp.router.route({}, name, (), {}, task_type=type(task)) for name, task in ours.items()
    }
    queues = {name: found["queue"].name for name, found in lanes.items()}
    assert set(queues.values()) == set(Lane)
    assert {jobs[name].lane for name in jobs.names()} == {
        queues[jobs[name].task_name] for name in jobs.names()
    }
    assert queues["webhooks.tasks.deliver_webhook"] == Lane.NETWORK
    assert queues["calendars.tasks.fetch_calendar"] == Lane.CALENDARS
    assert all(hasattr(task, "lane") for task in ours.values())
    assert all(WORKERS[lane] for lane in Lane)
