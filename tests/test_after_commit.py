"""What follows a commit: a callback that fails undoes no answer and stops no other."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from common.transactions import after_commit
from reservations.models import Reservation
from reservations.signals import reservations_recorded
from tests.factories import at, make_resource, open_always

pytestmark = pytest.mark.django_db(transaction=True)


def fail(reason: str) -> None:
    raise RuntimeError(reason)


def test_a_callback_that_fails_is_logged_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    called: list[str] = []
    with transaction.atomic():
        after_commit(called.append, "first")
        after_commit(fail, reason="broken")
        after_commit(called.append, "last")
        assert called == []
    assert called == ["first", "last"]
    assert "fail failed after a commit." in caplog.text
    assert "RuntimeError: broken" in caplog.text


def test_nothing_follows_what_was_undone() -> None:
    called: list[str] = []
    with transaction.atomic():
        after_commit(called.append, "never")
        transaction.set_rollback(True)
    assert called == []


def test_outside_a_transaction_it_is_called_now(caplog: pytest.LogCaptureFixture) -> None:
    called: list[str] = []
    after_commit(called.append, "now")
    after_commit(fail, reason="broken")
    assert called == ["now"]
    assert "RuntimeError: broken" in caplog.text


@pytest.fixture
def callbacks() -> Iterator[list[str]]:
    """What follows each booking: a callback that fails, and the next one."""
    called: list[str] = []

    def follow(**kwargs: Any) -> None:
        after_commit(fail, reason="the network is away")
        after_commit(called.append, "told")

    reservations_recorded.connect(follow, weak=False)
    yield called
    reservations_recorded.disconnect(follow)


def test_a_booking_is_answered_although_what_follows_it_fails(
    client: Client, callbacks: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    room = make_resource()
    open_always(room.venue)
    body = {
        "resource_id": str(room.uuid),
        "start": at(5, 10).isoformat(),
        "duration": 60,
        "customer_info": {"name": "Ada Lovelace", "email": "ada@example.com"},
    }
    with caplog.at_level(logging.ERROR):
        answer = client.post("/api/reservations", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert Reservation.objects.filter(pk=answer.json()["id"]).exists()
    assert callbacks == ["told"]
    assert "the network is away" in caplog.text
