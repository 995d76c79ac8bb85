from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import AccessibleForm
from reservations.domain.questions import LONGEST_ANSWER, LONGEST_SHORT, TERMS
from reservations.domain.values import Reply
from reservations.enums import Consent
from resources.bookables import QuestionValues
from resources.enums import AnswerKind
from storefront.forms import DetailsForm

PREFIX = "answer_"
LONGEST_NUMBER = 20
"""Digits."""


class ReplyForm(AccessibleForm):
    def __init__(
        self, *args: Any, questions: Sequence[QuestionValues] = (), terms: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[f"{PREFIX}{question.id}"] = make_field(question)
        if terms:
            self.fields[TERMS] = forms.BooleanField(
                label=_("I accept the terms."),
                error_messages={"required": _("Accept the venue's terms.")},
            )

    @property
    def question_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith(PREFIX)]

    @property
    def terms_field(self) -> forms.BoundField | None:
        return self[TERMS] if TERMS in self.fields else None

    @property
    def person_fields(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith(PREFIX) and field.name != TERMS]

    def reply(self) -> Reply:
        answers = {
            int(name.removeprefix(PREFIX)): format_answer(value)
            for name, value in self.cleaned_data.items()
            if name.startswith(PREFIX)
        }
        consent = Consent.PAGE if self.cleaned_data.get("sms_updates") else ""
        return Reply(answers, bool(self.cleaned_data.get(TERMS)), consent)

    def name_field(self, name: str) -> str:
        return name.replace("answers.", PREFIX)


class BookingForm(DetailsForm, ReplyForm):
    pass


def format_answer(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value or "")


def make_field(question: QuestionValues) -> forms.Field:
    shared: dict[str, Any] = {
        "label": question.text,
        "required": question.is_required,
        "error_messages": {"required": _("Answer this question.")},
    }
    match question.kind:
        case AnswerKind.LONG:
            area = forms.Textarea(attrs={"rows": 3})
            return forms.CharField(max_length=LONGEST_ANSWER, widget=area, **shared)
        case AnswerKind.YES_NO:
            return _make_choice_field([("yes", _("Yes")), ("no", _("No"))], shared)
        case AnswerKind.CHOICE:
            return _make_choice_field([(choice, choice) for choice in question.choices], shared)
        case AnswerKind.NUMBER:
            number = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
            return forms.DecimalField(max_digits=LONGEST_NUMBER, widget=number, **shared)
    return forms.CharField(max_length=LONGEST_SHORT, **shared)


def _make_choice_field(choices: list[tuple[str, Any]], shared: dict[str, Any]) -> forms.ChoiceField:
    empty_label = _("Choose") if shared["required"] else _("No answer")
    return forms.ChoiceField(choices=[("", empty_label), *choices], **shared)
