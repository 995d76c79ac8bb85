from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api_views import StrictSerializer
from common.parsing import refuse
from common.serializing import Shape
from reservations.domain.questions import LONGEST_ANSWER
from reservations.domain.values import Reply
from reservations.enums import Consent
from resources.enums import AnswerKind

MOST_ANSWERS = 100
TEXTS_AGREED = "They agree to text messages about this booking; with `as_staff`, they have told staff so"
LARGEST_ID = 2**63 - 1


class AnswerInput(StrictSerializer):
    """One answer: text, a number, one of the choices as it is written, or ``yes`` or ``no``."""

    question_id = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    answer = serializers.CharField(max_length=LONGEST_ANSWER, allow_blank=True)


class ReplyInput(StrictSerializer):
    """What customers say besides who they are; a quote tells what is asked."""

    answers = serializers.ListField(
        child=AnswerInput(), max_length=MOST_ANSWERS, required=False, help_text="To the venue's questions"
    )
    accept_terms = serializers.BooleanField(
        default=False, help_text="Must be true where the venue has terms, but for staff"
    )
    sms_updates = serializers.BooleanField(default=False, help_text=TEXTS_AGREED)


class AnswerShape(Shape):
    """An answer with its question as it was asked; ``answer`` is a text, of yes-no questions yes or no."""

    question_id = serializers.IntegerField()
    question = serializers.CharField()
    kind = serializers.ChoiceField(AnswerKind.choices)
    answer = serializers.CharField()


class QuestionShape(Shape):
    """A question to the customer."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    kind = serializers.ChoiceField(AnswerKind.choices)
    choices = serializers.ListField(child=serializers.CharField(), help_text="Of kind choice")
    is_required = serializers.BooleanField()


def reply_of(data: Mapping[str, Any]) -> Reply:
    """Raises ``InvalidInput`` for a question that is answered twice."""
    rows = data.get("answers") or []
    answers = {row["question_id"]: row["answer"] for row in rows}
    if len(answers) < len(rows):
        refuse("answers", _("Answer each question once."))
    return Reply(answers, data["accept_terms"], read_consent(data) if data["sms_updates"] else "")


def read_consent(data: Mapping[str, Any]) -> Consent:
    return Consent.PHONE if data.get("as_staff") else Consent.API
