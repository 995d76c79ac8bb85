"""More or less in one hold, and several holds booked at once, over HTTP."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from reservations.models import Allocation, Reservation
from reservations.tests.api_helpers import CUSTOMER_INFO, local, post, wanted
from resources.models import Question, Resource
from tests.factories import book, make_resource, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Linden room", hourly_rate="20")


@pytest.fixture
def projector(room: Resource) -> Resource:
    return make_resource(room.venue, name="Projector", hourly_rate="5", units=3)


def held(client: Client, room: Resource, hour: int = 10) -> dict[str, Any]:
    answer = post(client, "/api/holds", {"resource_id": str(room.uuid), "start": local(7, hour).isoformat()})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def secret(made: dict[str, Any]) -> dict[str, str]:
    return {"X_Reservation_Token": made["manage_token"]}


def give_back(client: Client, made: dict[str, Any], resource: Any) -> Any:
    address = f"/api/holds/{made['id']}/items/{getattr(resource, 'uuid', resource)}"
    return client.delete(address, headers={"X-Reservation-Token": made["manage_token"]})


def names(reservation: dict[str, Any]) -> list[str]:
    return sorted(each["name"] for each in reservation["resources"])


def test_a_resource_comes_along_and_goes(client: Client, room: Resource, projector: Resource) -> None:
    made = held(client, room)
    address = f"/api/holds/{made['id']}/items"
    body = {"resource_id": projector.slug, "quantity": 2}

    for _turn in range(2):
        more = post(client, address, body, **secret(made))
        assert more.status_code == 200, more.content
        assert (names(more.json()), more.json()["total_cost"]) == (["Linden room", "Projector"], "30.00")
    assert Allocation.objects.get(resource=projector, b0__isnull=False).units == 2

    for _turn in range(2):
        less = give_back(client, made, projector)
        assert less.status_code == 200, less.content
        assert (names(less.json()), less.json()["total_cost"]) == (["Linden room"], "20.00")
    assert not Allocation.objects.filter(resource=projector, b0__isnull=False).exists()
    last = give_back(client, made, room)
    assert (last.status_code, last.json()["code"]) == (400, "last_resource")


def test_what_cannot_come_along_leaves_the_hold_as_it_was(
    client: Client, room: Resource, projector: Resource
) -> None:
    made = held(client, room)
    taken = make_resource(room.venue)
    book(taken, local(7, 10))
    address = f"/api/holds/{made['id']}/items"
    for body, status, code in (
        ({"resource_id": str(taken.uuid)}, 409, "taken"),
        ({"resource_id": str(projector.uuid), "quantity": 4}, 409, "capacity"),
        ({"resource_id": str(make_resource().uuid)}, 404, "not_found"),
        ({"resource_id": "nothing"}, 404, "not_found"),
        ({"resource_id": str(projector.uuid), "quantity": 0}, 400, "invalid"),
        ({"resource_id": str(projector.uuid), "price": 1}, 400, "unknown_field"),
        ({}, 400, "invalid"),
    ):
        refused = post(client, address, body, **secret(made))
        assert refused.status_code == status, (body, refused.content)
        assert refused.json()["code"] == code
    assert give_back(client, made, uuid4()).status_code == 404
    kept = client.get(f"/api/holds/{made['id']}", headers={"X-Reservation-Token": made["manage_token"]})
    assert (names(kept.json()), kept.json()["version"]) == (["Linden room"], made["version"])


def test_a_booking_is_no_hold(client: Client, room: Resource, projector: Resource) -> None:
    booked = post(client, "/api/reservations", wanted(room)).json()

    more = post(
        client,
        f"/api/holds/{booked['id']}/items",
        {"resource_id": str(projector.uuid)},
        **secret(booked),
    )

    assert (more.status_code, more.json()["code"]) == (400, "transition_not_allowed")


def test_several_holds_become_bookings_at_once(client: Client, room: Resource) -> None:
    """Also of two venues; asked again, it answers the same."""
    elsewhere = make_resource()
    question = Question.objects.create(venue=room.venue, text="Vegan?", kind="yes_no", is_required=True)
    made = [held(client, room), held(client, room, 12), held(client, elsewhere)]
    named = [{"id": each["id"], "manage_token": each["manage_token"]} for each in made]
    body = {"holds": named, "customer_info": CUSTOMER_INFO, "special_requests": "Quiet, please"}

    asked = post(client, "/api/holds/confirm", body)
    assert asked.status_code == 400
    assert list(asked.json()["fields"]) == [f"answers.{question.pk}"]
    body["answers"] = [{"question_id": question.pk, "answer": "yes"}]
    first, again = (post(client, "/api/holds/confirm", body) for _turn in range(2))

    assert first.status_code == 200, first.content
    found = first.json()["reservations"]
    assert again.json()["reservations"] == found
    assert [each["id"] for each in found] == [each["id"] for each in made]
    assert {each["status"] for each in found} == {"confirmed"}
    assert [len(each["answers"]) for each in found] == [1, 1, 0]
    assert {each["customer_info"]["email"] for each in found} == {"ada@example.com"}
    assert first["Cache-Control"] == "private, no-store"


def test_all_of_them_or_none(client: Client, room: Resource) -> None:
    made = [held(client, room), held(client, room, 12)]
    named = [{"id": each["id"], "manage_token": each["manage_token"]} for each in made]
    assert (
        client.delete(
            f"/api/holds/{made[1]['id']}", headers={"X-Reservation-Token": made[1]["manage_token"]}
        ).status_code
        == 200
    )

    refused = post(client, "/api/holds/confirm", {"holds": named, "customer_info": CUSTOMER_INFO})

    assert (refused.status_code, refused.json()["code"]) == (409, "cart_refused")
    assert [each["reservation_id"] for each in refused.json()["refused"]] == [made[1]["id"]]
    assert Reservation.objects.get(pk=made[0]["id"]).status == "held"


def test_only_ones_own_are_booked(client: Client, room: Resource) -> None:
    mine, other = held(client, room), held(client, room, 12)
    theirs = Client()
    theirs.force_login(make_user())
    account = post(
        theirs, "/api/holds", {"resource_id": str(room.uuid), "start": local(7, 14).isoformat()}
    ).json()
    good = {"id": mine["id"], "manage_token": mine["manage_token"]}
    for second in (
        {"id": other["id"]},
        {"id": other["id"], "manage_token": mine["manage_token"]},
        {"id": account["id"]},
        {"id": str(uuid4())},
    ):
        body = {"holds": [good, second], "customer_info": CUSTOMER_INFO}
        assert post(client, "/api/holds/confirm", body).status_code == 404
    assert set(Reservation.objects.values_list("status", flat=True)) == {"held"}


def test_what_different_people_hold_is_booked_for_each(client: Client, room: Resource) -> None:
    """Staff may book for others, but not for two at once."""
    made = []
    for hour in (10, 12):
        person = Client()
        person.force_login(make_user())
        body = {"resource_id": str(room.uuid), "start": local(7, hour).isoformat()}
        made.append(post(person, "/api/holds", body).json()["id"])
    client.force_login(make_user(is_superuser=True))

    refused = post(client, "/api/holds/confirm", {"holds": [{"id": each} for each in made]})
    one = post(client, "/api/holds/confirm", {"holds": [{"id": made[0]}]})

    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["holds"])
    assert one.status_code == 200
    saved = Reservation.objects.get(pk=made[0])
    assert (saved.status, saved.customer_email) == ("confirmed", saved.customer.email)  # type: ignore[union-attr]


@pytest.mark.once
@pytest.mark.parametrize(
    "holds", [None, [], "x", [1], [{}], [{"id": "x"}], [{"id": str(uuid4()), "price": 1}], [{}] * 51]
)
def test_bad_lists_are_refused(client: Client, holds: Any) -> None:
    refused = post(client, "/api/holds/confirm", {"holds": holds, "customer_info": CUSTOMER_INFO})
    assert refused.status_code == 400
    assert any(name.startswith("holds") for name in refused.json()["fields"])
