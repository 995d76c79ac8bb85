"""Managers look after webhooks in the admin."""

import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from common.clock import now
from resources.enums import Role
from resources.models import Resource
from tests.factories import book, make_member, make_resource, make_user
from webhooks import environment
from webhooks.enums import DeliveryStatus
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.sending import send_due_deliveries
from webhooks.services import TOKEN_AGAIN, create_endpoint
from webhooks.tests.receiver import Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ENDPOINTS = "admin:webhooks_webhookendpoint"
DELIVERIES = "admin:webhooks_webhookdelivery_changelist"


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def manager(client: Client, room: Resource) -> Client:
    client.force_login(make_member(room.venue, Role.MANAGER))
    return client


def form(room: Resource, url: str, **fields: Any) -> dict[str, Any]:
    basis = {"venue": room.venue_id, "url": url, "preset": "generic", "events": ["*"], "is_active": "on"}
    return basis | fields


def test_a_manager_makes_one_and_learns_its_secret(
    manager: Client, room: Resource, receiver: Receiver
) -> None:
    data = form(room, receiver.url, new_token="open sesame")
    answer = manager.post(reverse(f"{ENDPOINTS}_add"), data, follow=True)

    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.opened("secret") in answer.content.decode()
    assert endpoint.opened("bearer_token") == "open sesame"
    page = manager.get(reverse(f"{ENDPOINTS}_change", args=[endpoint.pk])).content.decode()
    assert "open sesame" not in page
    assert endpoint.opened("secret") not in page


def test_private_addresses_are_refused_here_too(manager: Client, room: Resource, settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    answer = manager.post(reverse(f"{ENDPOINTS}_add"), form(room, "http://10.0.0.1/"))

    assert "public address" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_a_token_is_not_sent_to_another_server(manager: Client, room: Resource) -> None:
    endpoint, _secret = create_endpoint(
        venue=room.venue, url="http://127.0.0.1/a", bearer_token="open sesame"
    )
    page = reverse(f"{ENDPOINTS}_change", args=[endpoint.pk])

    refused = manager.post(page, form(room, "http://127.0.0.2/a"))
    assert str(TOKEN_AGAIN) in html.unescape(refused.content.decode())
    manager.post(page, form(room, "http://127.0.0.1/b"))
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.opened("bearer_token")) == ("http://127.0.0.1/b", "open sesame")
    manager.post(page, form(room, "http://127.0.0.2/a", new_token="theirs"))
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.opened("bearer_token")) == ("http://127.0.0.2/a", "theirs")


def test_what_failed_is_sent_again(manager: Client, room: Resource, receiver: Receiver) -> None:
    create_endpoint(venue=room.venue, url=receiver.url)
    book(room)
    WebhookDelivery.objects.update(status=DeliveryStatus.FAILED)
    delivery = WebhookDelivery.objects.get()

    data = {"action": "send_again", "_selected_action": [str(delivery.pk)]}
    answer = manager.post(reverse(DELIVERIES), data, follow=True)
    assert b"Sending 1 message again." in answer.content
    send_due_deliveries(now=now())

    delivery.refresh_from_db()
    assert delivery.status == DeliveryStatus.SENT


def test_it_is_nobody_elses_business(client: Client, room: Resource, receiver: Receiver) -> None:
    endpoint, _secret = create_endpoint(venue=room.venue, url=receiver.url)
    book(room)
    change = reverse(f"{ENDPOINTS}_change", args=[endpoint.pk])
    for user in (
        make_member(room.venue, Role.STAFF),
        make_member(make_resource().venue, Role.MANAGER),
        make_user(),
    ):
        client.force_login(user)
        assert receiver.url not in client.get(reverse(f"{ENDPOINTS}_changelist")).content.decode()
        assert client.get(change).status_code in (302, 403)
        assert "reservation.confirmed</a>" not in client.get(reverse(DELIVERIES)).content.decode()


def test_those_of_the_environment_cannot_be_changed(
    client: Client, settings: Any, receiver: Receiver
) -> None:
    settings.CRM_SERVICE_URL = receiver.url
    environment.sync_endpoints()
    endpoint = WebhookEndpoint.objects.get()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse(f"{ENDPOINTS}_change", args=[endpoint.pk])

    assert receiver.url in client.get(address).content.decode()
    assert client.post(address, {"url": "http://elsewhere.example/"}).status_code == 403
