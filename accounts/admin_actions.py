"""Bulk actions of the admin that move money or send mail: a page first says what each would do."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

MOST_AT_ONCE = 500
"""Each is named in the form, whose fields are limited."""


@dataclass(frozen=True, slots=True)
class Question:
    """``action`` is the method's name; ``describe`` says what would happen to one row."""

    action: str
    title: str | Promise
    describe: Callable[[Any], Iterable[str | Promise]]
    has_reason: bool = False
    version_of: Callable[[Any], int] | None = None
    """What the page has shown of a row, where an answer must not reach a later state of it."""


def ask_first(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], question: Question
) -> HttpResponse | None:
    """The page that asks; None once it has been answered with yes.

    More than ``MOST_AT_ONCE`` are refused with a message, back on the list.
    """
    chosen: Sequence[Model] = list(rows[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        messages.error(request, _("Choose %(most)d or fewer.") % {"most": MOST_AT_ONCE})
        return HttpResponseRedirect(request.get_full_path())
    if request.POST.get("confirmed"):
        return None
    context = model_admin.admin_site.each_context(request) | {
        "title": question.title,
        "opts": model_admin.opts,
        "question": question,
        "chosen": [_describe(row, question) for row in chosen],
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "address": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


def _describe(row: Any, question: Question) -> dict[str, Any]:
    shown = question.version_of and (_version_field(row.pk), question.version_of(row))
    return {"row": row, "effects": [str(text) for text in question.describe(row)], "shown": shown}


def _version_field(pk: object) -> str:
    return f"version-{pk}"


def shown_version(request: HttpRequest, row: Model) -> int | None:
    """The version of ``row`` that the page has shown whose question was answered."""
    text = request.POST.get(_version_field(row.pk), "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
