"""Questions and terms: what customers must say, what staff may leave out, and how it is kept."""

from typing import Any

import pytest
from django.utils import timezone

from common.errors import InvalidInput
from reservations.domain.values import Actor, ItemRequest, Reply
from reservations.enums import Source, Status
from reservations.models import Reservation
from reservations.series import book_series
from reservations.series.booking import Pattern
from reservations.services import book_reservation, confirm_hold
from resources.enums import AnswerKind, Role
from resources.models import Question, Resource
from tests.factories import GUEST, at, book, hold, make_member, make_resource

pytestmark = pytest.mark.django_db


def ask(resource: Resource, text: str = "Step-free access?", **fields: Any) -> Question:
    """A question of the resource alone, required unless told otherwise."""
    shared = {"venue": resource.venue, "resource": resource, "text": text, "is_required": True}
    return Question.objects.create(**(shared | fields))


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (AnswerKind.SHORT, "Yes, please", "x" * 201),
        (AnswerKind.SHORT, "Ümlaut ✓", "nul\x00"),
        (AnswerKind.LONG, "x" * 2000, "x" * 2001),
        (AnswerKind.YES_NO, "no", "maybe"),
        (AnswerKind.CHOICE, "On the web", "on the web"),
        (AnswerKind.NUMBER, "-2.5", "two"),
        (AnswerKind.NUMBER, "12", "NaN"),
    ],
)
def test_every_kind_of_answer(kind: str, good: str, bad: str) -> None:
    room = make_resource()
    question = ask(room, kind=kind, choices="From friends\nOn the web\n")

    with pytest.raises(InvalidInput) as refused:
        book(room, reply=Reply({question.pk: bad}))
    booked = book(room, reply=Reply({question.pk: f" {good} "}))

    assert (refused.value.code, list(refused.value.fields)) == ("answer_needed", [f"answers.{question.pk}"])
    assert booked.answers == [
        {"question_id": question.pk, "question": question.text, "kind": kind, "answer": good}
    ]
    assert Reservation.objects.count() == 1


def test_a_required_question_is_named_and_an_optional_one_may_be_left_out() -> None:
    room = make_resource()
    ask(room)
    ask(room, "Anything else?", is_required=False)

    with pytest.raises(InvalidInput, match="Answer this question: Step-free access"):
        book(room)
    assert not Reservation.objects.exists()


def test_questions_of_all_resources_are_asked_once_and_of_no_others() -> None:
    room = make_resource()
    other = make_resource(room.venue, rules=room.rules)
    elsewhere = make_resource(room.venue, rules=room.rules)
    general = Question.objects.create(venue=room.venue, text="First visit?")
    own, others = ask(room, "Chairs?"), ask(other, "Balls?")
    foreign, asleep = ask(elsewhere, "Rackets?"), ask(room, "Old?", is_active=False)
    said = Reply({each.pk: "yes" for each in (general, own, others)})
    items = [ItemRequest(room.pk), ItemRequest(other.pk)]

    booked = book(room, items=items, reply=said)

    assert [each["question"] for each in booked.answers] == ["First visit?", "Chairs?", "Balls?"]
    for each in (foreign, asleep):
        with pytest.raises(InvalidInput, match="marked fields"):
            book(room, at(8), items=items, reply=Reply({**said.answers, each.pk: "yes"}))


def test_staff_may_leave_out_what_customers_must_say() -> None:
    room = make_resource()
    question = ask(room, kind=AnswerKind.YES_NO)
    room.venue.terms = "Be kind."
    room.venue.save()
    staff = make_member(room.venue, Role.STAFF)

    booked = book(room, actor=Actor(staff, Source.STAFF))
    with pytest.raises(InvalidInput):
        book(room, at(8), actor=Actor(staff, Source.STAFF), reply=Reply({question.pk: "perhaps"}))

    assert (booked.answers, booked.terms_accepted_at) == ([], None)


def test_terms_have_to_be_accepted_and_when_is_kept() -> None:
    room = make_resource()
    room.venue.terms = "Be kind."
    room.venue.save()
    before = timezone.now()

    with pytest.raises(InvalidInput) as refused:
        book(room)
    booked = book(room, reply=Reply(accepts_terms=True))

    assert refused.value.code == "terms_not_accepted"
    assert booked.terms_accepted_at is not None
    assert before <= booked.terms_accepted_at <= timezone.now()


def test_without_terms_nothing_is_accepted() -> None:
    assert book(make_resource(), reply=Reply(accepts_terms=True)).terms_accepted_at is None


def test_an_answer_stays_as_it_was_given_when_the_question_changes() -> None:
    room = make_resource()
    question = ask(room)
    booked = book(room, reply=Reply({question.pk: "Yes"}))

    question.text = "Lift?"
    question.save()
    question.delete()
    booked.refresh_from_db()

    assert booked.answers[0]["question"] == "Step-free access?"


def test_a_hold_asks_when_it_is_confirmed() -> None:
    room = make_resource()
    question = ask(room)
    held = hold(room)

    with pytest.raises(InvalidInput):
        confirm_hold(reservation_id=held.pk, customer=GUEST, actor=Actor())
    held.refresh_from_db()
    assert held.status == Status.HELD
    booked = confirm_hold(
        reservation_id=held.pk, customer=GUEST, actor=Actor(), reply=Reply({question.pk: "Yes"})
    )

    booked.refresh_from_db()
    assert (booked.status, booked.answers[0]["answer"]) == (Status.CONFIRMED, "Yes")


def test_every_date_of_a_series_keeps_the_reply() -> None:
    room = make_resource()
    question = ask(room)
    start = at(7)
    pattern = Pattern(
        venue_id=room.venue_id,
        items=(ItemRequest(room.pk),),
        first_on=start.date(),
        at=start.time(),
        duration=start.replace(hour=11) - start,
        rule="FREQ=DAILY;COUNT=2",
    )

    with pytest.raises(InvalidInput):
        book_series(pattern=pattern, customer=GUEST, actor=Actor())
    book_series(pattern=pattern, customer=GUEST, actor=Actor(), reply=Reply({question.pk: "Yes"}))

    assert [row.answers[0]["answer"] for row in Reservation.objects.all()] == ["Yes", "Yes"]


def test_the_same_key_with_other_answers_is_another_request() -> None:
    room = make_resource()
    question = ask(room)

    def once(answer: str) -> Reservation:
        return book_reservation(
            venue_id=room.venue_id,
            items=[ItemRequest(room.pk)],
            start=at(),
            end=at(hour=11),
            customer=GUEST,
            actor=Actor(),
            reply=Reply({question.pk: answer}),
            idempotency_key="k",
        )

    assert once("Yes").pk == once("Yes").pk
    with pytest.raises(Exception, match="already used"):
        once("No")
