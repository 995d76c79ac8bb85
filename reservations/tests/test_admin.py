"""Staff act on reservations through the services."""

import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from common.templatetags.holdfast import moment
from reservations.domain.values import Actor, Reply
from reservations.models import Reservation
from reservations.services import ReservationChanges, edit_reservation
from resources.enums import Approval, Role
from resources.models import Question, Resource, VenueMembership
from tests.factories import (
    GUEST,
    at,
    book,
    make_leader,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_venue,
    open_always,
    payments_for,
)

pytestmark = pytest.mark.django_db
LIST = "admin:reservations_reservation_changelist"


@pytest.fixture
def room() -> Resource:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue, approval=Approval.MANUAL)
    return make_resource(venue, rules=rules, cancellation_policy=make_policy(venue, (9999, "100", "0")))


def act(client: Client, name: str, *chosen: Reservation, **fields: str) -> Any:
    """With the answer to what the page asks first."""
    data = {"action": name, "_selected_action": [str(each.pk) for each in chosen], "confirmed": "1"}
    return client.post(reverse(LIST), data | fields, follow=True)


def status(reservation: Reservation) -> str:
    reservation.refresh_from_db()
    return reservation.status


def test_a_request_is_confirmed_paid_checked_in_and_completed(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_member(room.venue))
    seen = []
    for name in ("confirm", "pay", "arrive", "complete", "undo"):
        with time_machine.travel(reservation.starts_at):
            response = act(client, name, reservation)
        assert b"1 booking changed." in response.content
        seen.append(status(reservation))

    assert seen == ["confirmed", "confirmed", "checked_in", "completed", "checked_in"]
    assert payments_for(reservation).get().amount == Decimal(25)
    assert [event.source for event in reservation.events.all()] == ["web", "staff", "staff", "staff", "staff"]


def test_the_fee_is_kept_or_waived(client: Client, room: Resource) -> None:
    kept, waived = book(room, at(7, 10)), book(room, at(7, 12))
    client.force_login(make_member(room.venue))
    act(client, "confirm", kept, waived)

    act(client, "cancel", kept)
    act(client, "cancel_free", waived)

    assert [status(kept), status(waived)] == ["cancelled", "cancelled"]
    assert [kept.fee_amount, waived.fee_amount] == [25, 0]


def test_a_refusal_is_a_message_and_the_others_go_on(client: Client, room: Resource) -> None:
    done, pending = book(room, at(7, 10)), book(room, at(7, 12))
    client.force_login(make_member(room.venue))
    act(client, "decline", done)

    response = act(client, "confirm", done, pending)

    html = response.content.decode()
    assert f"{done.code}: This isn&#x27;t possible" in html
    assert "1 booking changed." in html
    assert [status(done), status(pending)] == ["declined", "confirmed"]


@pytest.mark.once
def test_no_show_before_the_start_is_refused(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_member(room.venue))
    act(client, "confirm", reservation)

    response = act(client, "no_show", reservation)

    assert b"This booking hasn&#x27;t started yet." in response.content
    assert status(reservation) == "confirmed"


def test_facilitators_look_only_and_strangers_find_nothing(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_leader(room))
    assert b"Your role can only view." in act(client, "confirm", reservation).content

    for stranger in (make_member(make_venue(), Role.MANAGER), make_member(room.venue, Role.FACILITATOR)):
        client.force_login(stranger)
        assert reservation.code.encode() not in act(client, "confirm", reservation).content
    assert status(reservation) == "pending"


@pytest.mark.once
def test_nothing_is_edited_added_or_deleted_by_hand(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_member(room.venue, Role.MANAGER))
    change = reverse("admin:reservations_reservation_change", args=[reservation.pk])

    assert client.get(change).status_code == 200
    assert client.post(change, {"status": "confirmed"}).status_code == 403
    assert client.get(reverse("admin:reservations_reservation_add")).status_code == 403
    delete = reverse("admin:reservations_reservation_delete", args=[reservation.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert status(reservation) == "pending"


@pytest.mark.once
def test_the_list_costs_the_same_for_one_and_three_rows(
    client: Client, room: Resource, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(make_member(room.venue))

    def queries() -> int:
        with django_assert_max_num_queries(30) as counted:
            client.get(reverse(LIST))
        return len(counted)

    book(room, at(7, 10))
    one = queries()
    book(room, at(7, 12))
    book(room, at(7, 14))
    assert queries() == one


def test_staff_look_at_the_answers_and_change_nothing(client: Client, room: Resource) -> None:
    question = Question.objects.create(venue=room.venue, text="Chairs & tables?")
    reservation = book(room, reply=Reply({question.pk: "<b>four</b>"}))
    client.force_login(make_member(room.venue, Role.STAFF))

    page = client.get(
        reverse("admin:reservations_reservation_change", args=[reservation.pk])
    ).content.decode()

    assert "Chairs &amp; tables?" in page
    assert "&lt;b&gt;four&lt;/b&gt;" in page
    assert 'name="answers"' not in page


@pytest.mark.once
def test_what_moves_money_or_sends_mail_is_asked_first(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_member(room.venue))
    pending = act(client, "decline", reservation, confirmed="").content.decode()
    assert "Email to ada@example.com" in pending
    assert "Customers see it in their email" in pending
    act(client, "confirm", reservation)
    act(client, "pay", reservation)
    asked = {
        "confirm": ("Not possible: Confirmed",),
        "decline": ("Not possible: Confirmed",),
        "cancel": ("Fee €25.00", "Refund €0.00", "Email to ada@example.com", "Reason"),
        "cancel_free": ("Fee €0.00", "Refund €25.00"),
        "arrive": ("Not possible: Check-in isn&#x27;t open yet, or is over.",),
        "no_show": ("Not possible: This booking hasn&#x27;t started yet.",),
        "pay": ("Not possible: Nothing is due right now.",),
        "undo": ("Not possible: Confirmed",),
    }
    for name, texts in asked.items():
        page = act(client, name, reservation, confirmed="").content.decode()
        for text in (*texts, GUEST.name):
            assert text in page, (name, text)
        assert ("Email to" in page) == ("Not possible" not in page), name
    assert status(reservation) == "confirmed"
    assert payments_for(reservation).count() == 1

    act(client, "cancel", reservation, reason="Flood")
    reservation.refresh_from_db()
    assert (reservation.status, reservation.cancel_reason) == ("cancelled", "Flood")
    assert "Not possible: Cancelled" in act(client, "cancel", reservation, confirmed="").content.decode()
    again = act(client, "cancel", reservation).content.decode()
    assert "This isn&#x27;t possible" in again
    assert "1 reservation changed" not in again


def test_taking_back_is_asked_first_and_takes_back_what_was_shown(client: Client, room: Resource) -> None:
    reservation, missed = book(room), book(room, at(7, 12))
    client.force_login(make_member(room.venue))
    act(client, "confirm", reservation, missed)
    with time_machine.travel(reservation.starts_at):
        act(client, "arrive", reservation)
        act(client, "complete", reservation)
    with time_machine.travel(missed.starts_at):
        asked = act(client, "no_show", missed, confirmed="").content.decode()
        assert "Frees up the remaining time" in asked
        act(client, "no_show", missed)
    asked = act(client, "undo", reservation, missed, confirmed="").content.decode()
    assert "From “Completed” back to “Checked in”" in asked
    assert "Books the time again" in asked
    shown = dict(re.findall(r'name="(version-[^"]+)" value="(\d+)"', asked))

    first, second = (act(client, "undo", reservation, missed, **shown) for _click in range(2))

    assert b"2 bookings changed." in first.content
    assert b"changed in the meantime" in second.content
    assert (status(reservation), status(missed)) == ("checked_in", "confirmed")


@pytest.mark.once
def test_what_is_asked_names_the_clock_where_the_page_shows_another(client: Client, room: Resource) -> None:
    reservation, staff = book(room), make_member(room.venue)
    client.force_login(staff)
    abroad = make_venue(time_zone="America/New_York")
    when = f"{moment(reservation.local_start)}–{reservation.local_end:%H:%M}"
    page = act(client, "cancel", reservation, confirmed="").content.decode()
    assert f"{when} · {room.name}" in page
    VenueMembership.objects.create(venue=abroad, user=staff, role=Role.STAFF)
    page = act(client, "cancel", reservation, confirmed="").content.decode()
    assert f"{when} {reservation.local_start:%Z} · {room.name}" in page


def test_nobody_is_cancelled_on_terms_that_nobody_has_seen(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_member(room.venue))
    shown = {f"version-{reservation.pk}": str(reservation.version)}
    later = ReservationChanges(start=at(7, 12), end=at(7, 13))
    edit_reservation(reservation_id=reservation.pk, changes=later, actor=Actor())
    for name in ("cancel", "cancel_free", "decline"):
        assert b"changed in the meantime" in act(client, name, reservation, **shown).content, name
    assert status(reservation) == "pending"


@pytest.mark.once
def test_a_decline_has_a_reason(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_member(room.venue))
    act(client, "decline", reservation, reason="Closed that week")
    reservation.refresh_from_db()
    assert (reservation.status, reservation.cancel_reason) == ("declined", "Closed that week")


def test_bookings_are_found_by_what_callers_say(client: Client, room: Resource) -> None:
    reservation, other = book(room), book(make_resource(room.venue, name="Attic"))
    Reservation.objects.filter(pk=reservation.pk).update(title="Chess evening", customer_name="Ada Öztürk")
    Reservation.objects.filter(pk=other.pk).update(
        customer_phone="+442079460000", customer_name="100% Bob_by", customer_email="bob@example.com"
    )
    client.force_login(make_member(room.venue))
    numbers = ("030 1234 56", "+49 30 12345678", "0049-30-123456", "3012345", "493012345")
    names = ("ada", "Ada Öz", "öztürk", "ÖZ", "özt ADA", "adA özT", reservation.customer_email[:5].upper())
    others = (room.name, "chess", "Chess evening", reservation.code, reservation.code[:6].lower())
    for text in (*numbers, *names, *others):
        assert list(client.get(reverse(LIST), {"q": text}).context["cl"].queryset) == [reservation], text
    for text in ("100%", "bob_", "100% bob_by", "+44"[:3] + " 20", "Attic"):
        assert list(client.get(reverse(LIST), {"q": text}).context["cl"].queryset) == [other], text
    for text in ("%", "_", "lovelace%", "ztürk", "evening", "\\", "ada bob", "\U0010ffff"):
        assert list(client.get(reverse(LIST), {"q": text}).context["cl"].queryset) == [], text
    assert "030 12345678" in client.get(reverse(LIST)).content.decode(), "as people at the venue dial it"
    assert "+44 20 7946 0000" in client.get(reverse(LIST)).content.decode()


@pytest.mark.once
def test_a_bookings_page_speaks_in_words(client: Client, room: Resource) -> None:
    reservation = book(room)
    later = ReservationChanges(start=at(7, 12), end=at(7, 13))
    edit_reservation(reservation_id=reservation.pk, changes=later, actor=Actor())
    client.force_login(make_member(room.venue))
    page = client.get(
        reverse("admin:reservations_reservation_change", args=[reservation.pk])
    ).content.decode()
    for raw in ("{&#x27;", "[&#x27;", "[&quot;", "&quot;b0", "x27;b0"):
        assert raw not in page
    assert f"Starts: {moment(at(7, 10).astimezone(room.venue.zone))} →" in page

    history = client.get(reverse("admin:reservations_reservation_history", args=[reservation.pk]))
    assert "Rescheduled" in history.content.decode()
    assert f"Starts: {moment(at(7, 10).astimezone(room.venue.zone))} →" in history.content.decode()
