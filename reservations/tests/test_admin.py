"""Staff act on reservations through the services."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reservations.domain.values import Reply
from reservations.models import Reservation
from resources.enums import Approval, Role
from resources.models import Question, Resource
from tests.factories import (
    at,
    book,
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


def act(client: Client, name: str, *chosen: Reservation) -> Any:
    data = {"action": name, "_selected_action": [str(each.pk) for each in chosen]}
    return client.post(reverse(LIST), data, follow=True)


def status(reservation: Reservation) -> str:
    reservation.refresh_from_db()
    return reservation.status


def test_a_request_is_confirmed_paid_checked_in_and_completed(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_member(room.venue))
    seen = []
    for name in ("confirm", "pay", "arrive", "complete"):
        response = act(client, name, reservation)
        assert b"1 reservation changed." in response.content
        seen.append(status(reservation))

    assert seen == ["confirmed", "confirmed", "checked_in", "completed"]
    assert payments_for(reservation).get().amount == Decimal(25)
    assert [event.source for event in reservation.events.all()] == ["web", "staff", "staff", "staff"]


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
    assert f"{done.code}: This is not possible" in html
    assert "1 reservation changed." in html
    assert [status(done), status(pending)] == ["declined", "confirmed"]


def test_no_show_before_the_start_is_refused(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_member(room.venue))
    act(client, "confirm", reservation)

    response = act(client, "no_show", reservation)

    assert b"It has not begun yet." in response.content
    assert status(reservation) == "confirmed"


def test_facilitators_look_only_and_strangers_find_nothing(client: Client, room: Resource) -> None:
    reservation = book(room)
    client.force_login(make_member(room.venue, Role.FACILITATOR))
    assert b"Your role here is to look." in act(client, "confirm", reservation).content

    client.force_login(make_member(make_venue(), Role.MANAGER))
    assert reservation.code.encode() not in act(client, "confirm", reservation).content
    assert status(reservation) == "pending"


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
