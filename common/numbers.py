"""Numbers that are larger than the database's, or than any that is worth reading."""

import re

from django.db import DataError
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError

_KEY = re.compile(r"[0-9]{1,18}")
_OUT_OF_RANGE = "22003"
_OF_PYTHON = ("int too large", "Exceeds the limit")


class NumberTooLarge(DomainError):
    code = "malformed"
    status = 400
    message = _("A number in this request is too large.")


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
