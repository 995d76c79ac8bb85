"""Answers and terms over HTTP: quotes tell what is asked, bookings must say it, staff need not."""

from typing import Any

import pytest
from django.test import Client

from reservations.models import Reservation
from reservations.tests.api_helpers import CUSTOMER_INFO, booked, post, wanted
from resources.enums import AnswerKind, Role
from resources.models import Question, Resource
from tests.factories import make_member, make_resource, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    """With a required question and terms."""
    room = make_resource()
    room.venue.terms = "Be kind."
    room.venue.save()
    choices = "Rows\nCircle"
    Question.objects.create(
        venue=room.venue, text="Seating?", kind=AnswerKind.CHOICE, choices=choices, is_required=True
    )
    return room


def said(answer: Any = "Circle", **fields: Any) -> dict[str, Any]:
    question = Question.objects.get()
    return {"answers": [{"question_id": question.pk, "answer": answer}], "accept_terms": True, **fields}


def test_a_quote_tells_what_is_asked(client: Client, room: Resource) -> None:
    quote = post(client, "/api/quotes", wanted(room, customer_info=None)).json()

    assert quote["terms"] == "Be kind."
    assert quote["questions"] == [
        {
            "id": Question.objects.get().pk,
            "text": "Seating?",
            "kind": "choice",
            "choices": ["Rows", "Circle"],
            "is_required": True,
        }
    ]
    plain = post(client, "/api/quotes", wanted(make_resource(), customer_info=None)).json()
    assert (plain["terms"], plain["questions"]) == ("", [])


def test_a_booking_keeps_the_answers_with_their_questions(client: Client, room: Resource) -> None:
    body = booked(client, room, **said())

    question = Question.objects.get()
    assert body["answers"] == [
        {"question_id": question.pk, "question": "Seating?", "kind": "choice", "answer": "Circle"}
    ]
    assert body["terms_accepted_at"]
    assert booked(client, make_resource())["terms_accepted_at"] is None


def test_what_is_missing_or_impossible_is_named(client: Client, room: Resource) -> None:
    number = Question.objects.get().pk
    twice = {"question_id": number, "answer": "Rows"}
    for fields, code, named in (
        ({"accept_terms": True}, "answer_needed", [f"answers.{number}"]),
        (said("Square"), "answer_needed", [f"answers.{number}"]),
        (said(accept_terms=False), "terms_not_accepted", ["accept_terms"]),
        (said(answers=[twice, twice]), "invalid", ["answers"]),
        (said(answers=[{"question_id": number + 1, "answer": "x"}]), "invalid", ["answers"]),
        (said(answers="Rows"), "invalid", ["answers"]),
        (said(answers=[{"question_id": 10**30, "answer": "x"}]), "invalid", None),
        (said(answers=[{"answer": "x"}]), "invalid", None),
        (said({"a": 1}), "invalid", None),
        (said(accept_terms="perhaps"), "invalid", ["accept_terms"]),
    ):
        answer = post(client, "/api/reservations", wanted(room, **fields))
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.content
        assert named is None or list(answer.json()["fields"]) == named
    assert not Reservation.objects.exists()


def test_a_hold_is_confirmed_with_its_answers(client: Client, room: Resource) -> None:
    held = post(client, "/api/holds", wanted(room, customer_info=None)).json()
    token = {"X_Reservation_Token": held["manage_token"]}
    address = f"/api/holds/{held['id']}/confirm"

    refused = post(client, address, {"customer_info": CUSTOMER_INFO}, **token)
    answer = post(client, address, {"customer_info": CUSTOMER_INFO, **said("Rows")}, **token)

    assert (refused.status_code, refused.json()["code"]) == (400, "answer_needed")
    assert answer.status_code == 200
    assert answer.json()["answers"][0]["answer"] == "Rows"


def test_a_series_is_booked_with_its_answers(client: Client, room: Resource) -> None:
    client.force_login(make_user())
    asked = wanted(room, customer_info=None, rule="FREQ=DAILY;COUNT=2")

    refused = post(client, "/api/series", asked)
    made = post(client, "/api/series", {**asked, **said()})

    assert refused.json()["code"] == "answer_needed"
    assert [each["answers"][0]["answer"] for each in made.json()["reservations"]] == ["Circle"] * 2


def test_staff_book_without(client: Client, room: Resource) -> None:
    client.force_login(make_member(room.venue, Role.STAFF))

    assert post(client, "/api/reservations", wanted(room)).json()["code"] == "answer_needed"
    assert booked(client, room, as_staff=True)["answers"] == []


def test_managers_write_the_terms(client: Client, room: Resource) -> None:
    address = f"/api/venues/{room.venue.uuid}"
    client.force_login(make_member(room.venue, Role.MANAGER))

    changed = client.patch(address, {"terms": "Be kinder."}, content_type="application/json")

    assert (changed.status_code, changed.json()["terms"]) == (200, "Be kinder.")
    assert post(client, "/api/quotes", wanted(room, customer_info=None)).json()["terms"] == "Be kinder."
