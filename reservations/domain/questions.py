from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput
from reservations.domain.lines import Line
from reservations.domain.values import Reply
from reservations.policies import Booker
from resources.bookables import QuestionValues
from resources.enums import AnswerKind

LONGEST_ANSWER = 2000
LONGEST_SHORT = 200
TERMS = "accept_terms"
KEPT = ("answers", "terms_accepted_at", "texts_agreed_at", "texts_agreed_how")
"""The fields of a reservation that ``check_reply`` returns."""


def questions_of(lines: Iterable[Line]) -> list[QuestionValues]:
    """The venue's questions first, then those of the lines, each once."""
    by_id = {question.id: question for line in lines for question in line.bookable.questions}
    return sorted(by_id.values(), key=lambda question: question.position)


def terms_of(lines: Iterable[Line]) -> str:
    """Empty if the venue has none."""
    return next((line.bookable.terms for line in lines), "")


def check_reply(lines: Sequence[Line], reply: Reply, booker: Booker, now: datetime) -> dict[str, Any]:
    """Answers with their questions, and what was agreed to when, as a reservation keeps them.

    Staff may skip answers. Raises ``InvalidInput``, each error at ``answers.<question id>``.
    """
    questions = questions_of(lines)
    _refuse_unknown(questions, reply)
    errors: dict[str, list[str | Promise]] = {}
    answers = []
    for question in questions:
        answer = reply.answers.get(question.id, "").strip()
        if problem := _find_problem(
            question, answer, must_answer=question.is_required and not booker.is_staff
        ):
            errors[error_key_of(question)] = [problem]
        elif answer:
            answers.append(_record_answer(question, answer))
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], code="answer_needed", fields=errors)
    return {
        "answers": answers,
        "terms_accepted_at": _check_terms(lines, reply, booker, now),
        "texts_agreed_at": now if reply.texts_agreed else None,
        "texts_agreed_how": reply.texts_agreed,
    }


def error_key_of(question: QuestionValues) -> str:
    return f"answers.{question.id}"


def narrow_reply(reply: Reply, lines: Sequence[Line]) -> Reply:
    question_ids = {question.id for question in questions_of(lines)}
    answers = {number: text for number, text in reply.answers.items() if number in question_ids}
    return replace(reply, answers=answers)


def _refuse_unknown(questions: Sequence[QuestionValues], reply: Reply) -> None:
    unknown = reply.answers.keys() - {question.id for question in questions}
    if unknown:
        raise InvalidInput(fields={"answers": [_("This question doesn't exist.")]})


def _find_problem(question: QuestionValues, answer: str, *, must_answer: bool) -> str | Promise:
    if not answer:
        return _name_question(_("Answer this question: %s"), question) if must_answer else ""
    most = LONGEST_ANSWER if question.kind == AnswerKind.LONG else LONGEST_SHORT
    fits = len(answer) <= most and "\x00" not in answer
    match question.kind:
        case AnswerKind.YES_NO:
            fits = answer in ("yes", "no")
        case AnswerKind.CHOICE:
            fits = answer in question.choices
        case AnswerKind.NUMBER:
            fits = fits and _is_number(answer)
    return "" if fits else _name_question(_("Choose a valid answer to: %s"), question)


def _name_question(sentence: str | Promise, question: QuestionValues) -> str:
    return str(sentence) % question.text


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _record_answer(question: QuestionValues, answer: str) -> dict[str, Any]:
    return {
        "question_id": question.id,
        "question": question.text,
        "kind": str(question.kind),
        "answer": answer,
    }


def _check_terms(lines: Sequence[Line], reply: Reply, booker: Booker, now: datetime) -> datetime | None:
    if not terms_of(lines):
        return None
    if reply.accepts_terms:
        return now
    if booker.is_staff:
        return None
    message = _("Accept the venue's terms.")
    raise InvalidInput(message, code="terms_not_accepted", fields={TERMS: [message]})
