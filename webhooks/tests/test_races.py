"""Several workers at one delivery, workers that die, and a booking that waits for nobody."""

import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from common.clock import now
from reservations.domain.occupancy import lock_leaves
from resources.catalog import catalog
from tests.factories import book, make_resource
from tests.processes import PATIENCE, running, until
from tests.racing import OCCUPANCY, overtaken, race
from webhooks.enums import DeliveryStatus
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.sending import attempt_delivery, send_due_deliveries
from webhooks.services import create_endpoint, delete_endpoint, send_test
from webhooks.tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = """
import django; django.setup()
from uuid import UUID
from webhooks.sending import attempt_delivery
import sys; attempt_delivery(UUID(sys.argv[1]))
"""


def test_of_many_workers_one_sends(receiver: Receiver) -> None:
    endpoint, _secret = create_endpoint(venue=make_resource().venue, url=receiver.url)
    delivery = send_test(endpoint=endpoint)

    outcomes = race(
        6, lambda number: attempt_delivery(delivery.pk) if number % 2 else send_due_deliveries(now=now())
    )

    assert not [each for each in outcomes if isinstance(each, BaseException)]
    assert len(receiver.taken) == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.SENT, 1)


def test_what_a_killed_worker_had_claimed_is_sent_again(receiver: Receiver) -> None:
    endpoint, _secret = create_endpoint(venue=make_resource().venue, url=receiver.url)
    delivery = send_test(endpoint=endpoint)
    receiver.pause.clear()
    known = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": settings.SECRET_KEY}
    with running(sys.executable, "-c", WORKER, str(delivery.pk), **known) as dying:
        until(lambda: receiver.taken)
        dying.kill()
    receiver.pause.set()

    delivery.refresh_from_db()
    assert delivery.status == DeliveryStatus.SENDING
    assert send_due_deliveries(now=now()) == 0  # it might still be alive
    WebhookDelivery.objects.update(claimed_until=now() - timedelta(seconds=1))
    assert send_due_deliveries(now=now()) == 1

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.SENT, 2)
    assert [each.headers["webhook-id"] for each in receiver.taken] == [str(delivery.pk)] * 2


def test_who_was_slower_than_the_lease_does_not_undo_what_came_after(receiver: Receiver) -> None:
    endpoint, _secret = create_endpoint(venue=make_resource().venue, url=receiver.url)
    delivery = send_test(endpoint=endpoint)
    receiver.answers = [204, 500]
    receiver.pause.clear()

    def work(number: int) -> Any:
        if number == 0:
            return attempt_delivery(delivery.pk)
        until(lambda: receiver.taken)
        WebhookDelivery.objects.update(claimed_until=now() - timedelta(seconds=1))
        second = attempt_delivery(delivery.pk)
        receiver.pause.set()
        return second

    first, second = race(2, work)

    assert (first.status, second.status) == (500, 204)  # type: ignore[union-attr]
    delivery.refresh_from_db()
    assert (delivery.status, delivery.response_status) == (DeliveryStatus.SENT, 204)


def test_a_dead_target_neither_slows_nor_fails_a_booking(receiver: Receiver) -> None:
    room = make_resource()
    create_endpoint(venue=room.venue, url=receiver.url)
    WebhookEndpoint.objects.update(url="http://localhost:9/nobody")
    receiver.pause.clear()

    began = time.monotonic()
    book(room)

    assert time.monotonic() - began < PATIENCE / 6
    assert WebhookDelivery.objects.get().status == DeliveryStatus.WAITING


def test_a_change_that_is_undone_is_not_told(receiver: Receiver) -> None:
    room = make_resource()
    create_endpoint(venue=room.venue, url=receiver.url)
    book(room)

    outcomes = race(4, lambda _number: book(room))

    assert all(isinstance(each, Exception) for each in outcomes)
    assert WebhookDelivery.objects.count() == 1


def test_an_endpoint_that_is_deleted_meanwhile_costs_no_booking() -> None:
    room = make_resource()
    gone, _secret = create_endpoint(venue=room.venue, url="https://93.184.216.34/gone")
    kept, _secret = create_endpoint(venue=room.venue, url="https://93.184.216.34/kept")
    catalog(room.venue_id)

    def delete() -> None:
        lock_leaves([room.pk])
        delete_endpoint(endpoint=gone)

    overtaken(lambda: book(room), by=delete, after=OCCUPANCY)

    assert [delivery.endpoint_id for delivery in WebhookDelivery.objects.all()] == [kept.pk]


def test_an_endpoint_is_deleted_although_something_is_booked_meanwhile() -> None:
    room = make_resource()
    create_endpoint(venue=room.venue, url="https://93.184.216.34/gone")

    def delete() -> None:
        delete_endpoint(endpoint=WebhookEndpoint.objects.get())

    overtaken(delete, by=lambda: book(room), after="webhooks_webhookendpoint")

    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
