"""Values that no row can have: numbers larger than the database's, and texts where keys belong."""

import re

from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError

_KEY = re.compile(r"[0-9]{1,18}")
_OUT_OF_RANGE = "22003"
_NO_VALUE = re.compile(r"expected a number but got|^year -?[0-9]+ is out of range")
_OF_PYTHON = ("int too large", "Exceeds the limit")


class NumberTooLarge(DomainError):
    code = "malformed"
    status = 400
    message = _("A number in this request is too large.")


class NoSuchValue(DomainError):
    code = "malformed"
    status = 400
    message = _("A value in this request can't be read.")


def read_key(text: str) -> int | None:
    """None for what can be no row's key."""
    return int(text) if _KEY.fullmatch(text) else None


def is_number_too_large(error: BaseException | None) -> bool:
    """Whether it failed at a number that somebody has sent: no row has such a key, and no field holds it."""
    while error is not None:
        if isinstance(error, OverflowError | ValueError) and any(each in str(error) for each in _OF_PYTHON):
            return True
        if isinstance(error, DataError) and getattr(error.__cause__, "sqlstate", "") == _OUT_OF_RANGE:
            return True
        error = error.__cause__
    return False


def is_no_value(error: BaseException) -> bool:
    """Whether a text was looked for in a column that holds no such thing."""
    if isinstance(error, ValidationError):
        return True
    return has_nul(error) or (isinstance(error, ValueError) and bool(_NO_VALUE.search(str(error))))


def has_nul(error: BaseException) -> bool:
    """PostgreSQL stores no such text, and looks for none."""
    return isinstance(error, ValueError | DataError) and "cannot contain NUL" in str(error)


def explain_forged_value(error: Exception) -> Exception:
    """A ``DomainError`` for what no database can hold; else ``error``."""
    if is_number_too_large(error):
        return NumberTooLarge()
    return NoSuchValue() if has_nul(error) else error
