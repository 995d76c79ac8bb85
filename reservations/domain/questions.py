"""What a venue asks before it books: its questions and its terms."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput
from reservations.domain.lines import Line
from reservations.domain.values import Reply
from reservations.policies import Booker
from resources.enums import AnswerKind
from resources.facts import QuestionFacts

LONGEST_ANSWER = 2000
LONGEST_SHORT = 200
TERMS = "accept_terms"
KEPT = ("answers", "terms_accepted_at")
"""The fields of a reservation that ``replied`` gives."""


def questions_of(lines: Iterable[Line]) -> list[QuestionFacts]:
    """What is asked for these lines, the venue's questions first, each once."""
    found = {question.id: question for line in lines for question in line.bookable.questions}
    return sorted(found.values(), key=lambda question: question.position)


def terms_of(lines: Iterable[Line]) -> str:
    """The venue's terms; empty where it has none."""
    return next((line.bookable.terms for line in lines), "")


def replied(lines: Sequence[Line], reply: Reply, booker: Booker, now: datetime) -> dict[str, Any]:
    """The reply as a reservation keeps it: answers as they were asked, and when the terms were accepted.

    Staff may leave out what customers must say. Raises ``InvalidInput`` (``answer_needed``,
    ``terms_not_accepted``), each error at ``answers.<question id>`` and naming its question.
    """
    asked = questions_of(lines)
    _refuse_unknown(asked, reply)
    errors: dict[str, list[str | Promise]] = {}
    answers = []
    for question in asked:
        given = reply.answers.get(question.id, "").strip()
        if problem := _problem(question, given, must_answer=question.is_required and not booker.is_staff):
            errors[field_of(question)] = [problem]
        elif given:
            answers.append(_snapshot(question, given))
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], code="answer_needed", fields=errors)
    return {"answers": answers, "terms_accepted_at": _accepted_at(lines, reply, booker, now)}


def field_of(question: QuestionFacts) -> str:
    """How errors name a question's field."""
    return f"answers.{question.id}"


def narrowed(reply: Reply, lines: Sequence[Line]) -> Reply:
    """The part of a reply to several bookings that concerns one of them."""
    asked = {question.id for question in questions_of(lines)}
    mine = {number: text for number, text in reply.answers.items() if number in asked}
    return Reply(mine, reply.accepts_terms)


def _refuse_unknown(asked: Sequence[QuestionFacts], reply: Reply) -> None:
    unknown = reply.answers.keys() - {question.id for question in asked}
    if unknown:
        raise InvalidInput(fields={"answers": [_("There is no such question here.")]})


def _problem(question: QuestionFacts, given: str, *, must_answer: bool) -> str | Promise:
    """What is wrong with an answer, naming the question; empty where nothing is."""
    if not given:
        return _named(_("Please answer: %s"), question) if must_answer else ""
    most = LONGEST_ANSWER if question.kind == AnswerKind.LONG else LONGEST_SHORT
    fits = len(given) <= most and "\x00" not in given
    match question.kind:
        case AnswerKind.YES_NO:
            fits = given in ("yes", "no")
        case AnswerKind.CHOICE:
            fits = given in question.choices
        case AnswerKind.NUMBER:
            fits = fits and _is_number(given)
    return "" if fits else _named(_("This is no possible answer to: %s"), question)


def _named(sentence: str | Promise, question: QuestionFacts) -> str:
    return str(sentence) % question.text


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _snapshot(question: QuestionFacts, given: str) -> dict[str, Any]:
    return {
        "question_id": question.id,
        "question": question.text,
        "kind": str(question.kind),
        "answer": given,
    }


def _accepted_at(lines: Sequence[Line], reply: Reply, booker: Booker, now: datetime) -> datetime | None:
    if not terms_of(lines):
        return None
    if reply.accepts_terms:
        return now
    if booker.is_staff:
        return None
    message = _("Please accept the terms of the venue.")
    raise InvalidInput(message, code="terms_not_accepted", fields={TERMS: [message]})
