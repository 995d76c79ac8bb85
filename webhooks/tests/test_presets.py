"""Services that the environment names hear of every venue's bookings."""

from typing import Any

import pytest
from pytest_django import Settings

from common.clock import now
from reservations.domain.values import Actor
from reservations.news.webhooks import BookingPart, booking_parts
from reservations.services import cancel_reservation
from resources.enums import Approval, Role
from tests.factories import at, book, make_leader, make_member, make_resource, make_rules
from webhooks import environment
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.sending import send_due_deliveries
from webhooks.tests.receiver import Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def private_addresses_of_the_environment_are_trusted(own_network: Settings) -> None:
    own_network.ALLOW_PRIVATE_ADDRESSES = False


def test_the_crm_has_customer_and_booking_as_they_are(receiver: Receiver, settings: Any) -> None:
    settings.CRM_SERVICE_URL, settings.CRM_BEARER_TOKEN = receiver.url, "crm-token"
    reservation = book(make_resource())
    cancel_reservation(reservation_id=reservation.pk, actor=Actor())
    send_due_deliveries(now=now())

    bodies = {each.json["type"]: each.json for each in receiver.taken}
    assert {*bodies} == {"reservation.confirmed", "reservation.cancelled"}
    told = bodies["reservation.cancelled"]
    assert told["customer"] == {
        "id": None,
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "phone": "+493012345678",
    }
    assert (told["booking"]["id"], told["booking"]["status"]) == (str(reservation.pk), "cancelled")
    assert {each.headers["authorization"] for each in receiver.taken} == {"Bearer crm-token"}
    assert "crm-token" not in str(WebhookEndpoint.objects.values())


def test_the_email_service_confirms_to_customer_and_staff(receiver: Receiver, settings: Any) -> None:
    settings.EMAIL_SERVICE_URL = receiver.url
    room = make_resource()
    manager, facilitator = make_member(room.venue, Role.MANAGER), make_leader(room)
    for role in (Role.STAFF, Role.FACILITATOR):
        make_member(room.venue, role)
    reservation = book(room)
    send_due_deliveries(now=now())

    told = {each.json["audience"]: each.json for each in receiver.taken}
    assert [each["email"] for each in told["customer"]["to"]] == ["ada@example.com"]
    assert {each["email"] for each in told["staff"]["to"]} == {manager.email, facilitator.email}
    assert told["staff"]["booking"]["code"] == reservation.code
    assert told["staff"]["type"] == "booking_confirmation"
    assert "authorization" not in receiver.taken[0].headers


def test_a_venue_with_an_address_gets_its_mail_there(receiver: Receiver, settings: Any) -> None:
    settings.NOTIFICATION_SERVICE_URL, settings.BACKEND_SERVICE_TOKEN = receiver.url, "backend"
    room = make_resource()
    room.venue.email = "desk@example.com"
    room.venue.save()
    room.rules = make_rules(room.venue, approval=Approval.MANUAL)
    room.save()
    book(room)
    send_due_deliveries(now=now())

    told = receiver.taken[0]
    assert told.json["type"] == "new_booking"
    assert [each["email"] for each in told.json["recipients"]] == ["desk@example.com"]
    assert "Ada Lovelace" in told.json["message"]
    assert told.json["booking"]["status"] == "pending"
    assert told.headers["authorization"] == "Bearer backend"


def test_a_product_says_more_of_its_bookings_and_who_leads_them(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CRM_SERVICE_URL, settings.EMAIL_SERVICE_URL = f"{receiver.url}/crm", f"{receiver.url}/email"
    settings.NOTIFICATION_SERVICE_URL = f"{receiver.url}/notification"
    room = make_resource()
    room.venue.email = "desk@example.com"  # who leads hears of it all the same
    room.venue.save()
    leader = make_leader(room)
    part = BookingPart(
        lambda reservation: {"session": {"id": 7}, "code": "mine"} if reservation.title else {},
        lambda reservation: [leader] if reservation.title else [],
    )
    booking_parts.register("yoga", part)
    try:
        book(room)
        monkeypatch.setattr("reservations.services.booking.title_for", lambda proposal: "Meditation")
        session = book(room, at(8, 10))
    finally:
        booking_parts.unregister("yoga")
    send_due_deliveries(now=now())

    told = [each.json for each in receiver.taken if each.json["booking"]["id"] == str(session.pk)]
    assert [each["booking"]["session"] for each in told] == [{"id": 7}] * 4
    assert {each["booking"]["code"] for each in told} == {session.code}  # what we say stays
    (news,) = [each for each in told if "recipients" in each]
    (staff,) = [each for each in told if each.get("audience") == "staff"]
    assert [each["email"] for each in news["recipients"] + staff["to"]] == [leader.email] * 2
    assert "Meditation" in news["message"]
    usual = [each.json for each in receiver.taken if each.json not in told]
    assert len(usual) == 4
    assert not any("session" in each["booking"] for each in usual)


def test_the_environment_can_change(receiver: Receiver, settings: Any) -> None:
    settings.CRM_SERVICE_URL = receiver.url
    environment.sync_endpoints()
    settings.CRM_SERVICE_URL = f"{receiver.url}/two"
    environment.sync_endpoints()
    assert WebhookEndpoint.objects.get().url.endswith("/two")
    settings.CRM_SERVICE_URL = ""

    book(make_resource())

    assert not WebhookEndpoint.objects.get().is_active
    assert not WebhookDelivery.objects.exists()
