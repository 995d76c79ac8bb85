"""What is wrong with the forms of a page, told once at its top."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.forms import BaseForm, BoundField, CheckboxSelectMultiple, RadioSelect


@dataclass(frozen=True, slots=True)
class PageError:
    """``target``: the id of the control; empty if it has none to be seen."""

    text: str
    target: str = ""


def list_page_errors(values: Iterable[object]) -> list[PageError]:
    """Of all forms among ``values``; the first wrong control gets the focus, also without scripts."""
    forms = [value for value in values if isinstance(value, BaseForm) and value.is_bound and value.errors]
    wrong = [field for form in forms for field in form if field.errors]
    if first := next((field for field in wrong if not field.is_hidden), None):
        first.field.widget.attrs["autofocus"] = True
    return [
        *(PageError(_name(field, text), _target(field)) for field in wrong for text in field.errors),
        *(PageError(str(text)) for form in forms for text in form.non_field_errors()),
    ]


def _name(field: BoundField, text: object) -> str:
    """With the label, unless the sentence names the field itself: "People: Enter a number."."""
    sentence, label = str(text), str(field.label)
    words = label.casefold().split()
    if field.is_hidden or not words or words[-1] in sentence.casefold():
        return sentence
    return f"{label}: {sentence}"


def _target(field: BoundField) -> str:
    if field.is_hidden:
        return ""
    is_group = isinstance(field.field.widget, (RadioSelect, CheckboxSelectMultiple))
    return f"{field.auto_id}_0" if is_group else str(field.id_for_label)
