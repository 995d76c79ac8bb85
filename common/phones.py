"""Phone numbers as people at a venue write and read them."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db.models import Q
from phonenumber_field.phonenumber import PhoneNumber

SHORTEST_SEARCH = 4  # digits
_NUMBER = re.compile(r"[+0-9\s()/.\-]+")


def phone_text(number: Any, country: str) -> str:
    """As people in ``country`` (DE) dial it: 030 12345678 at home, +44 20 7946 0000 abroad."""
    if not isinstance(number, PhoneNumber):
        return str(number or "")
    is_domestic = number.is_valid() and country in _countries_of(number)
    return str(number.as_national if is_domestic else number.as_international)


def example_number(country: str) -> str:
    """As people in ``country`` dial it; empty where none is known."""
    import phonenumbers

    number = phonenumbers.example_number(country) if country else None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL) if number else ""


def _countries_of(number: PhoneNumber) -> tuple[str, ...]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return tuple(COUNTRY_CODE_TO_REGION_CODE.get(number.country_code, ()))


@cache
def _code_of(country: str) -> int:
    from phonenumbers import country_code_for_region

    return int(country_code_for_region(country)) if country else 0


def phone_beginnings(text: str, countries: Iterable[str]) -> list[str]:
    """How stored numbers begin that people in these countries write so; empty for what is no number."""
    if not _NUMBER.fullmatch(text.strip()):
        return []
    digits = re.sub(r"\D", "", text)
    if len(digits) < SHORTEST_SEARCH:
        return []
    if text.strip().startswith("+") or digits.startswith("00"):
        return [f"+{digits.removeprefix('00')}"]
    codes = {code for country in countries if (code := _code_of(country))}
    # Numbers are stored as +49301234: without the zero one dials at home.
    abroad = [] if digits.startswith("0") else [f"+{digits}"]
    return [*abroad, *sorted(f"+{code}{digits.removeprefix('0')}" for code in codes)]


def phone_search(field: str, text: str) -> Q | None:
    """Rows whose number contains these digits, however they are written; None for what is no number."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    digits = re.sub(r"\D", "", text)
    # Numbers are stored as +49301234: without the zero one dials at home.
    digits = digits.removeprefix("00") if digits.startswith("00") else digits.removeprefix("0")
    return Q(**{f"{field}__contains": digits}) if len(digits) >= SHORTEST_SEARCH else None
