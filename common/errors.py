"""Errors that pages, API and admin translate alike: a sentence, a stable code, an HTTP status."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.request_ids import current_request_id


class DomainError(Exception):
    """A request that cannot be carried out; nothing was changed.

    ``code`` is stable (docs/errors.md); ``fields`` maps input fields to sentences; ``extra`` is added to the
    API's answer.
    """

    code = "invalid"
    status = 400
    message: str | Promise = _("This is not possible.")
    retry_after: int | None = None  # seconds

    def __init__(
        self,
        message: str | Promise | None = None,
        *,
        code: str | None = None,
        fields: dict[str, list[str | Promise]] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.message = message if message is not None else self.message
        self.code = code or self.code
        self.fields = fields or {}
        self.extra = extra or {}
        super().__init__(str(self.message))

    def __str__(self) -> str:
        return str(self.message)

    @property
    def in_words(self) -> str:
        """For where no field can be marked."""
        sentences = [str(sentence) for about_field in self.fields.values() for sentence in about_field]
        return " ".join(sentences) or str(self)


def error_body(sentence: str | Promise, code: str) -> dict[str, Any]:
    """The form in which the API tells of every error."""
    return {"error": str(sentence), "code": str(code), "request_id": current_request_id()}


class InvalidInput(DomainError):
    code = "invalid"
    message = _("Check the marked fields.")


def invalid_input(
    error: ValidationError, below: str = "", names: Mapping[str, str] | None = None
) -> InvalidInput:
    """A model's ``ValidationError`` in the API's ``names``; what belongs to no field is the ``request``'s."""
    public_names = names or {}
    fields: dict[str, list[str | Promise]] = {}
    for name, problems in error.error_dict.items():
        for problem in problems:
            column = _column_of(name, problem)
            path = ".".join(filter(None, (below, public_names.get(column, column)))) or "request"
            fields.setdefault(path, []).extend(problem.messages)
    sentences = [sentence for messages in fields.values() for sentence in messages]
    return InvalidInput(sentences[0] if len(sentences) == 1 else None, fields=fields)


def _column_of(name: str, problem: ValidationError) -> str:
    if name != NON_FIELD_ERRORS:
        return name
    # Of what must be unique together, the last column is the one a client chose.
    return str((problem.params or {}).get("unique_check", ("",))[-1])


class UnknownAction(InvalidInput):
    """A form that does one of several things was sent without saying which: nothing is done."""

    message = _("Nothing was changed. Use one of the buttons on the page.")


class NotFound(DomainError):
    code = "not_found"
    status = 404
    message = _("Not found, or you don't have access.")


class Forbidden(DomainError):
    code = "forbidden"
    status = 403
    message = _("You don't have permission to do this.")


class Conflict(DomainError):
    code = "conflict"
    status = 409
    message = _("This has changed in the meantime. Check it and try again.")


class Busy(DomainError):
    code = "busy"
    status = 503
    message = _("Too many people are booking right now. Try again.")
    retry_after = 2


class IdempotencyMismatch(DomainError):
    code = "idempotency_mismatch"
    status = 422
    message = _("This idempotency key was already used for a different request.")
