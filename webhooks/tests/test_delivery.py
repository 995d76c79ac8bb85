"""From a booking to another program's door: signed, once, and again when it did not work."""

import base64
import hashlib
import hmac
import socket
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from common.clock import now
from reservations.domain.values import Actor
from reservations.services import cancel_reservation, record_payment, reschedule_reservation
from resources.models import Resource
from tests.factories import at, book, hold, make_resource
from waitlist.services import leave_waitlist
from waitlist.tests.helpers import join
from webhooks.enums import DeliveryStatus
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.sending import attempt_delivery, forget_old_deliveries, send_due_deliveries
from webhooks.services import change_endpoint, create_endpoint, replay_delivery, rotate_secret, send_test
from webhooks.tests.receiver import Receiver, Taken

pytestmark = pytest.mark.django_db


def endpoint(room: Resource, url: str, **fields: Any) -> tuple[WebhookEndpoint, str]:
    return create_endpoint(venue=room.venue, url=url, **fields)


def later(seconds: float = 0) -> None:
    """As if so much time had passed for everything that waits, or that a dead worker had claimed."""
    then = now() - timedelta(seconds=1)
    WebhookDelivery.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=then)
    WebhookEndpoint.objects.filter(paused_until__isnull=False).update(paused_until=then)


def verified(taken: Taken, secret: str) -> bool:
    """As the receiver's own program would, by the specification."""
    signed = b".".join([taken.headers["webhook-id"].encode(), taken.headers["webhook-timestamp"].encode()])
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, signed + b"." + taken.body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(made).decode()
    return wanted in taken.headers["webhook-signature"].split(" ")


def test_a_booking_is_told_with_a_signature(receiver: Receiver) -> None:
    room = make_resource()
    _endpoint, secret = endpoint(room, receiver.url)

    reservation = book(room)
    assert send_due_deliveries(now=now()) == 1

    taken = receiver.taken[0]
    assert taken.json["type"] == "reservation.confirmed"
    assert taken.json["data"]["code"] == reservation.code
    assert taken.json["data"]["customer_info"]["email"] == reservation.customer_email
    assert taken.json["id"] == taken.headers["webhook-id"]
    assert abs(int(taken.headers["webhook-timestamp"]) - time.time()) < 60
    assert verified(taken, secret)
    assert not verified(Taken(taken.headers, taken.body.replace(b"confirmed", b"cancelled")), secret)
    assert not verified(taken, "whsec_" + base64.b64encode(b"another").decode())
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.response_status, delivery.attempts) == (DeliveryStatus.SENT, 204, 1)


def test_every_change_has_its_event_and_holds_have_none(receiver: Receiver) -> None:
    room, other = make_resource(), make_resource()
    endpoint(room, receiver.url)

    reservation = book(room)
    reschedule_reservation(
        reservation_id=reservation.pk, start=at(8), end=at(8, 11), actor=Actor(), version=None
    )
    cancel_reservation(reservation_id=reservation.pk, actor=Actor())
    held = hold(room, at(9))
    cancel_reservation(reservation_id=held.pk, actor=Actor())
    book(other)
    entry = join(room)
    leave_waitlist(entry_id=entry.pk, actor=Actor())
    send_due_deliveries(now=now())

    kinds = ["reservation.confirmed", "reservation.changed", "reservation.cancelled"]
    assert sorted(receiver.types) == sorted([*kinds, "waitlist.joined", "waitlist.left"])
    changed = next(each.json for each in receiver.taken if each.json["type"] == "reservation.changed")
    assert changed["data"]["start_utc"] == at(8).isoformat()
    assert "allowed_actions" not in changed["data"]


def test_money_is_told(receiver: Receiver) -> None:
    room = make_resource(hourly_rate=20)
    endpoint(room, receiver.url, events=["payment.succeeded", "refund.succeeded"])
    reservation = book(room)
    record_payment(reservation_id=reservation.pk, amount=Decimal(20), actor=Actor())
    cancel_reservation(reservation_id=reservation.pk, actor=Actor())
    send_due_deliveries(now=now())

    found = {each.json["type"]: each.json["data"] for each in receiver.taken}
    assert set(found) == {"payment.succeeded", "refund.succeeded"}
    for kind, data in (("charge", found["payment.succeeded"]), ("refund", found["refund.succeeded"])):
        assert data["code"] == reservation.code
        assert (data["payment"]["kind"], data["payment"]["amount"]) == (kind, "20.00")


def test_only_what_was_selected(receiver: Receiver) -> None:
    room = make_resource()
    endpoint(room, receiver.url, events=["reservation.cancelled"])
    endpoint(room, receiver.url, is_active=False)

    cancel_reservation(reservation_id=book(room).pk, actor=Actor())
    send_due_deliveries(now=now())

    assert receiver.types == ["reservation.cancelled"]


def test_what_failed_is_sent_again_with_the_same_id(receiver: Receiver) -> None:
    room = make_resource()
    made, secret = endpoint(room, receiver.url)
    receiver.answers = [500, 302]
    book(room)

    assert send_due_deliveries(now=now()) == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.response_status) == (DeliveryStatus.WAITING, 500)
    assert delivery.next_attempt_at
    assert 45 < (delivery.next_attempt_at - now()).total_seconds() < 75
    assert send_due_deliveries(now=now()) == 0
    made.refresh_from_db()
    assert made.failing_since
    later()
    send_due_deliveries(now=now())  # a redirect is not followed
    delivery.refresh_from_db()
    assert delivery.next_attempt_at
    assert 230 < (delivery.next_attempt_at - now()).total_seconds() < 370
    later()
    send_due_deliveries(now=now())

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.SENT, 3)
    assert not WebhookEndpoint.objects.exclude(failing_since=None).exists()
    assert len({each.headers["webhook-id"] for each in receiver.taken}) == 1
    assert len({each.body for each in receiver.taken}) == 1
    assert all(verified(each, secret) for each in receiver.taken)


def test_after_the_last_attempt_it_is_given_up_and_can_be_replayed(receiver: Receiver) -> None:
    room = make_resource()
    endpoint(room, receiver.url)
    receiver.answers = [503] * 7
    book(room)
    for _turn in range(9):
        send_due_deliveries(now=now())
        later()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, len(receiver.taken)) == (DeliveryStatus.FAILED, 7)

    replay_delivery(delivery=delivery)
    send_due_deliveries(now=now())

    delivery.refresh_from_db()
    assert delivery.status == DeliveryStatus.SENT
    assert receiver.taken[-1].headers["webhook-id"] == receiver.taken[0].headers["webhook-id"]


def test_gone_for_good_switches_it_off(receiver: Receiver) -> None:
    room = make_resource()
    made, _secret = endpoint(room, receiver.url)
    receiver.answers = [410]
    book(room)
    book(room, at(8))

    send_due_deliveries(now=now())
    later()
    send_due_deliveries(now=now())

    made.refresh_from_db()
    assert (made.is_active, len(receiver.taken)) == (False, 1)
    assert "410" in made.disabled_reason
    change_endpoint(endpoint=made, values={"is_active": True})
    later()
    send_due_deliveries(now=now())
    assert len(receiver.taken) == 3


def test_days_of_failures_switch_it_off(receiver: Receiver) -> None:
    room = make_resource()
    made, _secret = endpoint(room, receiver.url)
    WebhookEndpoint.objects.update(failing_since=now() - timedelta(days=5, hours=1))
    receiver.answers = [500]
    book(room)

    send_due_deliveries(now=now())

    made.refresh_from_db()
    assert not made.is_active
    assert made.disabled_reason


def test_rotating_signs_with_both_for_a_day(receiver: Receiver) -> None:
    made, old = endpoint(make_resource(), receiver.url)
    _made, new = rotate_secret(endpoint=made)
    send_test(endpoint=made)
    send_due_deliveries(now=now())
    WebhookEndpoint.objects.update(old_secret_until=now())
    send_test(endpoint=made)
    send_due_deliveries(now=now())

    first, second = receiver.taken
    assert verified(first, old)
    assert verified(first, new)
    assert not verified(second, old)
    assert verified(second, new)


def test_nothing_is_stored_in_plain(receiver: Receiver) -> None:
    made, secret = endpoint(make_resource(), receiver.url, bearer_token="open sesame")
    row = str(WebhookEndpoint.objects.values().get(pk=made.pk))

    assert secret not in row
    assert "open sesame" not in row
    send_test(endpoint=made)
    send_due_deliveries(now=now())
    assert receiver.taken[0].headers["authorization"] == "Bearer open sesame"


def test_an_address_that_has_become_private_is_not_called(
    receiver: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = make_resource()
    endpoint(room, receiver.url)
    settings.ALLOW_PRIVATE_ADDRESSES = False
    settings.OUTGOING_PORTS = [urlsplit(receiver.url).port]
    book(room)

    send_due_deliveries(now=now())

    delivery = WebhookDelivery.objects.get()
    assert (receiver.taken, delivery.status) == ([], DeliveryStatus.WAITING)
    assert "public address" in delivery.error


def test_a_silent_endpoint_does_not_hold_up_the_others(receiver: Receiver) -> None:
    room = make_resource()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        silent, _secret = endpoint(room, f"http://localhost:{nobody.getsockname()[1]}/")
        endpoint(room, receiver.url)
        for day in range(7, 12):
            book(room, at(day))

        send_due_deliveries(now=now())

        assert len(receiver.taken) == 5
        tried = silent.deliveries.exclude(error="")
        assert tried.count() == 1
        assert send_due_deliveries(now=now()) == 0  # it is spared for a minute


def test_two_workers_do_not_send_one_delivery_twice_in_a_row(receiver: Receiver) -> None:
    endpoint(make_resource(), receiver.url)
    send_test(endpoint=WebhookEndpoint.objects.get())
    delivery = WebhookDelivery.objects.get()

    assert attempt_delivery(delivery.pk)
    assert attempt_delivery(delivery.pk) is None
    assert len(receiver.taken) == 1


def test_the_log_is_kept_for_a_month(receiver: Receiver) -> None:
    endpoint(make_resource(), receiver.url)
    for _turn in range(2):
        send_test(endpoint=WebhookEndpoint.objects.get())
    send_due_deliveries(now=now())
    old = WebhookDelivery.objects.all()[0]
    WebhookDelivery.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=31))

    assert forget_old_deliveries(now=now()) == 1
    assert WebhookDelivery.objects.count() == 1
