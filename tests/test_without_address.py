"""Whom staff book for may have only a name or a phone number, and stays one person of their own."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.services.guests import forget_guests
from calendars.invitations import make_event_file
from common.clock import now
from common.errors import InvalidInput
from frontdesk.tests.planning_helpers import NEW, asked, changed, edit
from notifications.models import Message
from notifications.tests.helpers import kinds_to, send_all
from reservations.domain.values import Actor, Customer, ReservationChanges
from reservations.enums import Source
from reservations.exceptions import BookingRefused
from reservations.links import manage_path
from reservations.models import Reservation
from reservations.services import (
    cancel_reservation,
    change_reservation,
    confirm_hold,
    reschedule_reservation,
    send_link,
)
from reservations.tests.api_helpers import booked, local, post, wanted
from resources.enums import Period, Role
from resources.models import Resource
from tests.factories import at, book, hold, make_member, make_resource
from waitlist.exceptions import AlreadyWaiting
from waitlist.links import token_for as waitlist_token
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import accept_offer, change_entry, offer_freed_capacity
from waitlist.tests.helpers import join, offer, wish
from webhooks.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db
NAME, PHONE = {"name": "Bo"}, {"phone": "030 12345678"}
BO, CALLER = Customer(name="Bo"), Customer(phone="+493012345678")
OTHER_CALLER = Customer(phone="+493012345679")
CUSTOMERS = "/admin/reservations/venuecustomer/"


@pytest.fixture
def room() -> Resource:
    cache.clear()
    return make_resource(name="Blue room")


@pytest.fixture
def desk(room: Resource) -> User:
    return make_member(room.venue, email="desk@example.com")


@pytest.fixture
def staff(desk: User) -> Actor:
    return Actor(desk, Source.STAFF)


@pytest.fixture
def office(client: Client, desk: User) -> Client:
    client.force_login(desk)
    return client


def refused(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, list(answer.json().get("fields", []))


def over(reservation: Reservation) -> Reservation:
    ends = at(-400)
    Reservation.objects.filter(pk=reservation.pk).update(starts_at=ends - timedelta(hours=1), ends_at=ends)
    return reservation


def test_staff_book_for_a_name_or_a_number(office: Client, room: Resource) -> None:
    for hour, info in enumerate((NAME, PHONE, NAME | PHONE), start=8):
        body = booked(office, room, time=f"{hour:02}:00", customer_info=info)
        assert (body["customer_info"]["email"], body["user_id"]) == ("", None)
        booked(office, room, time=f"{hour + 4}:00", customer_info=info, as_staff=True)
    only_email = wanted(room, time="20:00", customer_info={"email": "bo@example.com"})
    assert refused(post(office, "/api/reservations", only_email)) == (400, ["customer_info.name"])


def test_others_give_their_address(client: Client, room: Resource) -> None:
    both = ["customer_info.name", "customer_info.email"]
    for info, fields in ((NAME, both[1:]), (PHONE, both)):
        answer = post(client, "/api/reservations", wanted(room, customer_info=info))
        assert refused(answer) == (400, fields)
        joined = post(client, "/api/waitlist", wish(room, contact_info=info))
        assert refused(joined)[1] == [field.replace("customer", "contact") for field in fields]
    for member in (make_member(room.venue, Role.FACILITATOR), make_member(make_resource().venue)):
        client.force_login(member)
        mine = booked(client, room, time=f"{10 + member.pk.int % 2}:00", customer_info=NAME)
        assert mine["customer_info"]["email"] == member.email, "whoever books for nobody else, books"
        assert mine["user_id"] == str(member.pk)
        client.delete(f"/api/reservations/{mine['id']}")


def test_holds_and_series_of_a_caller(office: Client, room: Resource) -> None:
    def held(hour: int) -> str:
        return str(
            post(office, "/api/holds", wanted(room, time=f"{hour:02}:00", customer_info=None)).json()["id"]
        )

    one = post(office, f"/api/holds/{held(8)}/confirm", {"customer_info": PHONE})
    assert one.status_code == 200, one.content
    holds = [{"id": held(hour)} for hour in (10, 12)]
    cart = post(office, "/api/holds/confirm", {"holds": holds, "customer_info": NAME})
    assert cart.status_code == 200, cart.content
    series = wanted(room, time="15:00", rule="FREQ=DAILY;COUNT=2", customer_info=PHONE)
    assert post(office, "/api/series", series).status_code == 201
    assert Reservation.objects.filter(customer_email="").exclude(customer_phone="").count() == 3


def test_the_page_for_a_new_booking(office: Client, room: Resource) -> None:
    nobody = office.post(NEW, asked(room, name=" ", email="bo@example.com"))
    assert nobody.context["form"].errors == {"name": ["Enter a name or a phone number."]}
    page = office.post(NEW, asked(room, name="", email="", phone="030 12345678"), follow=True)
    assert "No email address, so no confirmation is sent." in page.content.decode()
    made = Reservation.objects.get()
    assert (made.customer_name, made.who) == ("", "030 12345678")
    shown = office.get(edit(made)).content.decode()
    assert "No email address" in shown
    assert "030 12345678" in shown
    assert office.post(edit(made), changed(made, at(7, 14))).status_code == 302
    day = made.starts_at.date().isoformat()
    calendar = office.get(f"/calendar/day/{day}/?venue={room.venue.slug}").content.decode()
    assert "+49 30 12345678" in calendar


def test_a_caller_waits(office: Client, room: Resource, staff: Actor) -> None:
    answer = post(office, "/api/waitlist", wish(room, contact_info=PHONE))
    assert answer.status_code == 201, answer.content
    entry = WaitlistEntry.objects.get()
    address = f"/api/waitlist/{entry.pk}"
    nobody = {"contact_info": {"phone": ""}}
    assert refused(office.patch(address, nobody, content_type="application/json")) == (
        400,
        ["contact_info.name"],
    )
    with pytest.raises(InvalidInput):
        change_entry(entry_id=entry.pk, actor=staff, changes={"customer_phone": ""})
    add = reverse("admin:waitlist_waitlistentry_add")
    form = {"venue": room.venue_id, "resource": room.pk, "preferred_on": at().date().isoformat()}
    form |= {"duration": 60, "party_size": 2, "priority": 0}
    assert b"Enter a name or a phone number." in office.post(add, form).content
    assert office.post(add, form | {"customer_name": "Bo"}).status_code == 302
    office.logout()
    own = {"headers": {"X-Waitlist-Token": waitlist_token(entry)}, "content_type": "application/json"}
    assert office.patch(address, {"party_size": 3}, **own).status_code == 200  # type: ignore[arg-type]
    assert office.patch(address, nobody, **own).status_code == 400  # type: ignore[arg-type]
    named = office.patch(address, {"contact_info": {"name": "Bo", "email": "bo@example.com"}}, **own)  # type: ignore[arg-type]
    assert named.status_code == 200
    entry.refresh_from_db()
    own["headers"] = {"X-Waitlist-Token": waitlist_token(entry)}
    taken_back = office.patch(address, {"contact_info": {"email": ""}}, **own)  # type: ignore[arg-type]
    assert refused(taken_back) == (400, ["contact_info.email"])


def test_a_guest_changes_without_an_address_but_takes_nothing_back(
    client: Client, room: Resource, staff: Actor
) -> None:
    caller = book(room, customer=CALLER, actor=staff)
    page = f"{manage_path(caller)}edit/"
    form = {"party_size": 1, "name": "", "email": "", "phone": "030 12345678", "requests": "Window"}
    assert client.post(page, form | {"version": caller.version}).status_code == 302
    caller.refresh_from_db()
    assert (caller.requests, caller.who) == ("Window", "030 12345678")
    nobody = client.post(page, form | {"version": caller.version, "phone": ""})
    assert b"Enter a name or a phone number." in nobody.content
    named = book(room, at(8))
    emptied = form | {"version": named.version}
    errors = client.post(f"{manage_path(named)}edit/", emptied).context["form"].errors
    assert list(errors) == ["name", "email"]
    changes = ReservationChanges(customer=CALLER)
    with pytest.raises(InvalidInput):
        change_reservation(reservation_id=named.pk, changes=changes, actor=Actor())
    change_reservation(reservation_id=named.pk, changes=changes, actor=staff)
    for part in ("", "receipt/", "ticket/", "cancel/", "event.ics"):
        assert client.get(f"{manage_path(caller)}{part}").status_code == 200, part
    assert b"ATTENDEE" not in make_event_file(caller)[1]


def test_nothing_is_sent_to_who_has_no_address(office: Client, room: Resource, staff: Actor) -> None:
    booking = book(room, at(1), 60, customer=CALLER, actor=staff)
    reschedule_reservation(reservation_id=booking.pk, start=at(2), end=at(2, 12), actor=staff)
    cancel_reservation(reservation_id=booking.pk, actor=staff)
    send_link(code=booking.code, email="")
    send_all()
    assert not Message.objects.exists()
    page = reverse("admin:reservations_reservation_changelist")
    question = office.post(
        page, {"action": "cancel", "_selected_action": [str(book(room, customer=BO, actor=staff).pk)]}
    )
    assert b"No email address, so nobody is notified" in question.content


def test_staff_are_asked_to_call_whoever_is_offered_a_time(
    office: Client, room: Resource, staff: Actor, mailoutbox: list[Any]
) -> None:
    entry = join(room, customer=CALLER, actor=staff)
    (made,) = offer_freed_capacity(venue_id=room.venue_id)
    send_all()
    assert kinds_to("desk@example.com") == ["staff_waitlist_offered"]
    (mail,) = mailoutbox
    assert "030 12345678" in mail.subject
    assert f"/admin/waitlist/waitlistentry/{entry.pk}/" in mail.body
    page = reverse("admin:waitlist_waitlistentry_changelist")
    chosen = {"action": "accept_for_them", "_selected_action": [str(entry.pk)]}
    assert b"Books " in office.post(page, chosen).content
    office.post(page, chosen | {"confirmed": "yes"})
    made.refresh_from_db()
    assert made.outcome == WaitlistOffer.Outcome.ACCEPTED
    assert made.reservation.who == "030 12345678"


def test_they_can_accept_by_their_link_themselves(room: Resource, staff: Actor) -> None:
    entry = join(room, customer=CALLER, actor=staff)
    accepted = accept_offer(offer_id=offer(entry).pk, actor=Actor())
    assert str(accepted.customer_phone) == CALLER.phone
    with pytest.raises(InvalidInput):
        confirm_hold(reservation_id=hold(room, at(9)).pk, customer=CALLER, actor=Actor())


def test_limits_and_queues_tell_callers_apart(room: Resource, desk: User, staff: Actor) -> None:
    room.rules.max_per_period, room.rules.limit_period = 1, Period.DAY
    room.rules.save()
    by_api = Actor(desk, Source.API)  # without the freedom of staff
    for hour, caller in enumerate((BO, BO, CALLER, OTHER_CALLER), start=8):
        book(room, local(7, hour), customer=caller, actor=by_api)
    with pytest.raises(BookingRefused):
        book(room, local(7, 15), customer=CALLER, actor=by_api)
    for person in (BO, BO, CALLER, OTHER_CALLER):
        join(room, customer=person, actor=staff)
    with pytest.raises(AlreadyWaiting):
        join(room, customer=CALLER, actor=staff)


def test_the_link_of_one_date_opens_no_other_callers(office: Client, room: Resource, staff: Actor) -> None:
    body = wanted(room, rule="FREQ=DAILY;COUNT=2", customer_info=PHONE)
    assert post(office, "/api/series", body).status_code == 201
    first, second = Reservation.objects.order_by("starts_at")
    page = f"{manage_path(first)}series/"
    office.logout()
    assert office.get(page).status_code == 200
    changes = ReservationChanges(customer=OTHER_CALLER)
    change_reservation(reservation_id=second.pk, changes=changes, actor=staff)
    assert office.get(page).status_code == 404


def test_each_is_found_listed_and_erased_alone(
    client: Client, room: Resource, staff: Actor, settings: Settings
) -> None:
    WebhookEndpoint.objects.create(venue=room.venue, url="https://crm.example/hook", events=["*"])
    people = (BO, BO, CALLER, CALLER, OTHER_CALLER)
    rows = [over(book(room, at(7 + day), customer=who, actor=staff)) for day, who in enumerate(people)]
    waiting = join(room, customer=BO, actor=staff)
    told = [WebhookDelivery.objects.get(source=f"event:{row.events.get().pk}") for row in rows[:2]]
    client.force_login(make_member(room.venue, Role.MANAGER))
    listed = client.get(CUSTOMERS).context["cl"].result_list
    assert sorted((str(row), row.counted) for row in listed) == [
        *(("030 12345678", 2), ("030 12345679", 1), ("Bo", 1), ("Bo", 1)),
    ]
    found = client.get("/api/reservations", {"q": "030 12345679"}).json()["results"]
    assert [row["id"] for row in found] == [str(rows[4].pk)]
    document = client.post(CUSTOMERS, {"action": "download", "_selected_action": [str(rows[0].pk)]}).json()
    assert [row["code"] for row in document["bookings"]] == [rows[0].code]
    chosen = {"action": "erase", "_selected_action": [str(rows[0].pk)], "confirmed": "yes"}
    assert client.post(CUSTOMERS, chosen).status_code == 302
    assert [row.who for row in Reservation.objects.order_by("code")].count("") == 1
    told[0].refresh_from_db()
    told[1].refresh_from_db()
    assert [delivery.payload["data"]["customer_info"]["name"] for delivery in told] == ["", "Bo"]
    settings.GUEST_DATA_DAYS = 365
    WaitlistEntry.objects.filter(pk=waiting.pk).update(preferred_on=at(-400).date())
    assert forget_guests(now=now()) == 4, "one name, two numbers, one who waits"
    assert {row.who for row in Reservation.objects.all()} == {""}
    waiting.refresh_from_db()
    assert waiting.customer_name == ""
