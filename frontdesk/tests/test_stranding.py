"""What leaves bookings without a place says so first, in the admin and over HTTP."""

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.templatetags.holdfast import moment
from reservations.domain.values import Actor
from reservations.exceptions import BookingRefused
from reservations.models import Reservation
from reservations.services import ReservationChanges, edit_reservation, record_payment
from resources.enums import Role
from resources.models import AvailabilityOverride, OpeningHours, Resource, Venue, VenueMembership
from tests.factories import (
    GUEST,
    at,
    book,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_venue,
    open_weekly,
    payments_for,
)

pytestmark = pytest.mark.django_db
OVERRIDES = "admin:resources_availabilityoverride_add"


@pytest.fixture
def room() -> Resource:
    venue = make_venue()
    open_weekly(venue, time(8), time(22))
    return make_resource(venue, cancellation_policy=make_policy(venue, (9999, "0", "0")))


@pytest.fixture
def booked(room: Resource) -> Reservation:
    return book(room)


@pytest.fixture
def manager(client: Client, room: Resource) -> Client:
    client.force_login(make_member(room.venue, Role.MANAGER))
    return client


def close(client: Client, room: Resource, **answer: str) -> Any:
    """With an answer about the bookings that are shown first."""
    day = at().date().isoformat()
    fields = {
        "venue": room.venue_id,
        "resource": room.pk,
        "starts_on": day,
        "ends_on": day,
        "reason": "Paint",
    }
    page = client.post(reverse(OVERRIDES), fields)
    return reply(client, page, **answer) if answer else page


def reply(client: Client, page: Any, **answer: str) -> Any:
    """Send the page that asks, as it stands there."""
    sent: dict[str, Any] = {"stranded_shown": page.context["shown"]}
    for name, value in page.context["sent"]:
        sent.setdefault(name, []).append(value)
    return client.post(page.context["address"], sent | answer)


def test_closing_lists_the_bookings_before_anything_is_saved(
    manager: Client, room: Resource, booked: Reservation
) -> None:
    record_payment(reservation_id=booked.pk, amount=booked.total_amount, actor=Actor())
    page = close(manager, room).content.decode()
    assert booked.code in page
    assert not AvailabilityOverride.objects.exists()
    assert "successfully" not in manager.get(reverse("admin:index")).content.decode()

    assert close(manager, room, stranded_bookings="keep").status_code == 302
    booked.refresh_from_db()
    assert (booked.status, AvailabilityOverride.objects.count()) == ("confirmed", 1)

    AvailabilityOverride.objects.all().delete()
    close(manager, room, stranded_bookings="cancel", stranded_reason="Paint")
    booked.refresh_from_db()
    assert (booked.status, booked.cancel_reason, booked.fee_amount) == ("cancelled", "Paint", Decimal(0))
    assert payments_for(booked).filter(kind="refund").get().amount == booked.total_amount


def test_stranded_bookings_are_moved_where_something_equivalent_is_free(
    manager: Client, room: Resource, booked: Reservation
) -> None:
    close(manager, room, stranded_bookings="move")
    page = manager.get(reverse("admin:index")).content.decode()
    assert f"{booked.code}: Nothing equivalent is available" in page

    AvailabilityOverride.objects.all().delete()
    twin = make_resource(room.venue, rules=room.rules, capacity=room.capacity)
    close(manager, room, stranded_bookings="move")
    assert booked.items.get().resource == twin


@pytest.mark.once
@pytest.mark.parametrize("venue", ["999999", "9" * 40, "x", ""])
def test_no_such_venue_is_an_error_of_the_form(manager: Client, room: Resource, venue: str) -> None:
    page = manager.post(reverse(OVERRIDES), {"venue": venue})
    assert page.status_code == 200
    assert "venue" in page.context["adminform"].form.errors


def test_every_form_that_closes_asks(manager: Client, room: Resource, booked: Reservation) -> None:
    hours = OpeningHours.objects.get(weekday=booked.local_start.weekday())
    fields = {"venue": room.venue_id, "weekday": hours.weekday, "start_time": "08:00", "end_time": "09:00"}
    address = reverse("admin:resources_openinghours_change", args=[hours.pk])
    assert booked.code in manager.post(address, fields | {"is_available": "on"}).content.decode()
    hours.refresh_from_db()
    assert hours.end_time == time(22)


def test_deleting_asks_as_saving_does(manager: Client, room: Resource, booked: Reservation) -> None:
    hours = OpeningHours.objects.filter(weekday=booked.local_start.weekday())
    pk = hours.get().pk
    one = reverse("admin:resources_openinghours_delete", args=[pk])
    chosen = {"action": "delete_selected", "_selected_action": [pk]}
    several = reverse("admin:resources_openinghours_changelist")
    assert booked.code not in manager.post(several, chosen).content.decode(), "Django's own question"
    for address, fields in ((one, {"post": "yes"}), (several, chosen | {"post": "yes"})):
        page = manager.post(address, fields)
        assert booked.code in page.content.decode()
        assert "Nothing has been deleted yet" in page.content.decode()
        assert hours.exists()
    assert reply(manager, page, stranded_bookings="cancel", stranded_reason="Moving out").status_code == 302
    booked.refresh_from_db()
    assert (hours.exists(), booked.status, booked.cancel_reason) == (False, "cancelled", "Moving out")


@pytest.mark.once
def test_the_question_says_whom_to_call_about_which_place_by_the_venues_clock(
    manager: Client, room: Resource, booked: Reservation
) -> None:
    Venue.objects.filter(pk=room.venue_id).update(time_zone="America/New_York", country="DE")
    manager_here = VenueMembership.objects.get()
    VenueMembership.objects.create(
        venue=make_venue(time_zone="Asia/Tokyo"), user=manager_here.user, role=Role.MANAGER
    )
    hours = OpeningHours.objects.all()
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in hours], "post": "yes"}
    text = manager.post(reverse("admin:resources_openinghours_changelist"), chosen).content.decode()
    assert "Time zone: America/New_York" in text
    booked = Reservation.objects.get(pk=booked.pk)
    assert f"{moment(booked.local_start)}</span></td>" in text
    assert f"<td>{room.name}</td>" in text
    assert "Ada Lovelace" in text
    assert "030 12345678" in text


def test_deleting_what_strands_nobody_asks_nothing_more(manager: Client, booked: Reservation) -> None:
    hours = OpeningHours.objects.exclude(weekday=booked.local_start.weekday())
    address = reverse("admin:resources_openinghours_delete", args=[hours[0].pk])
    assert manager.post(address, {"post": "yes"}).status_code == 302
    assert hours.count() == 5


def test_an_answer_holds_for_the_bookings_that_were_shown(
    manager: Client, room: Resource, booked: Reservation
) -> None:
    page = close(manager, room)
    later = book(room, at(7, 15))
    again = reply(manager, page, stranded_bookings="cancel", stranded_reason="Paint")
    assert later.code in again.content.decode()
    assert "These bookings have changed in the meantime" in again.content.decode()
    assert 'value="Paint"' in again.content.decode()
    assert not AvailabilityOverride.objects.exists()
    assert Reservation.objects.filter(status="confirmed").count() == 2
    assert reply(manager, again, stranded_bookings="keep").status_code == 302
    assert AvailabilityOverride.objects.count() == 1


def test_the_api_tells_what_hours_and_closures_strand(
    manager: Client, room: Resource, booked: Reservation
) -> None:
    hours = OpeningHours.objects.get(weekday=booked.local_start.weekday())
    changed = manager.patch(
        f"/api/timeslot-templates/{hours.pk}", {"end_time": "09:00"}, content_type="application/json"
    )
    day = at().date().isoformat()
    closure = manager.post(
        "/api/overrides", {"resource_id": str(room.uuid), "date": day}, content_type="application/json"
    )
    for answer in (changed, closure):
        assert [row["code"] for row in answer.json()["affected_reservations"]] == [booked.code], (
            answer.content
        )


def test_customers_may_always_take_less(room: Resource) -> None:
    rules = make_rules(room.venue, min_duration=60)
    Resource.objects.filter(pk=room.pk).update(rules=rules, cancellation_policy=None)
    booked = book(room, minutes=180, party_size=6)
    Resource.objects.filter(pk=room.pk).update(is_active=False, capacity=4)
    room.venue.opening_hours.all().delete()
    room.venue.save()
    room.refresh_from_db()
    room.save()

    def change(**changes: Any) -> Reservation:
        return edit_reservation(
            reservation_id=booked.pk, changes=ReservationChanges(**changes), actor=Actor()
        )

    assert change(party_size=5).party_size == 5
    shorter = change(start=booked.starts_at, end=at(7, 12))
    assert (shorter.ends_at, shorter.customer_name) == (at(7, 12), GUEST.name)
    for more in (
        {"party_size": 6},
        {"start": booked.starts_at, "end": at(7, 13)},
        {"start": booked.starts_at, "end": at(7, 10, 30)},
    ):
        with pytest.raises(BookingRefused):
            change(**more)
