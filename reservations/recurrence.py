"""Recurrence rules (RFC 5545 RRULE) as local dates. Pure; the stepping is python-dateutil's."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import NoReturn

from dateutil.rrule import rrule, rrulestr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.parsing import refuse

MOST_OCCURRENCES = 200
LONGEST_SERIES = timedelta(days=3 * 366)
KNOWN_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}
FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]{1,100})")
_UNTIL = re.compile(r"([0-9]{8})(T[0-9]{6}Z?)?")


def dates_of(rule: str, first: date, *, field: str = "rule") -> list[date]:
    """The local dates from ``first`` on, at most ``MOST_OCCURRENCES``, each once and in order.

    ``rule`` is an RRULE's value with or without ``RRULE:``; it must end by COUNT or UNTIL.
    Raises ``InvalidInput`` that names ``field``.
    """
    parts = _parts(rule, field)
    count = _number(parts.pop("COUNT", None), field)
    last = min(_until(parts.pop("UNTIL", None), field) or date.max, first + LONGEST_SERIES)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    begin = datetime.combine(first, time())
    try:
        stepping = rrulestr(text, dtstart=begin)
    except (ValueError, TypeError, IndexError, OverflowError):
        _refuse(field)
    if not isinstance(stepping, rrule):
        _refuse(field)
    ending = stepping.replace(until=datetime.combine(last, time()))
    found = [at.date() for at in islice(ending, (count or MOST_OCCURRENCES) + 1)]
    return _limited(found, count, field)


def _limited(found: list[date], count: int | None, field: str) -> list[date]:
    if count is None and len(found) > MOST_OCCURRENCES:
        message = _("A series has at most %(most)d occurrences.") % {"most": MOST_OCCURRENCES}
        _refuse(field, message)
    if not found:
        _refuse(field, _("This rule has no occurrence."))
    return found[:count]


def _parts(rule: str, field: str) -> dict[str, str]:
    text = rule.strip().upper().removeprefix("RRULE:").rstrip(";")
    found: dict[str, str] = {}
    for part in text.split(";"):
        matched = _PART.fullmatch(part)
        if matched is None or matched[1] not in KNOWN_PARTS or matched[1] in found:
            _refuse(field)
        found[matched[1]] = matched[2]
    _check(found, field)
    return found


def _check(parts: Mapping[str, str], field: str) -> None:
    if parts.get("FREQ") not in FREQUENCIES:
        _refuse(field)
    if ("COUNT" in parts) == ("UNTIL" in parts):
        _refuse(field, _("Say when the series ends: either COUNT or UNTIL."))
    if not 1 <= (_number(parts.get("INTERVAL", "1"), field) or 0) <= MOST_OCCURRENCES:
        _refuse(field)


def _number(text: str | None, field: str) -> int | None:
    if text is None:
        return None
    if not (text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST_OCCURRENCES):
        _refuse(field, _("Count from 1 to %(most)d.") % {"most": MOST_OCCURRENCES})
    return int(text)


def _until(text: str | None, field: str) -> date | None:
    """A date, or the date of a date-time: the series' last possible day."""
    if text is None:
        return None
    matched = _UNTIL.fullmatch(text)
    try:
        return datetime.strptime(matched[1] if matched else "", "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        _refuse(field)


def _refuse(field: str, message: str | Promise | None = None) -> NoReturn:
    refuse(field, message or _("Give a recurrence rule like FREQ=WEEKLY;BYDAY=MO;COUNT=10."))
