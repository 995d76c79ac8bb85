"""Recurrence rules (RFC 5545 RRULE) as local dates. Pure; the stepping is python-dateutil's."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import NoReturn

from dateutil.rrule import rrulestr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.parsing import refuse

MOST_OCCURRENCES = 200
LONGEST_SERIES = timedelta(days=3 * 366)
_DAY = "(MO|TU|WE|TH|FR|SA|SU)"


def _listed(value: str) -> re.Pattern[str]:
    return re.compile(f"{value}(,{value})*")


PARTS = {
    "FREQ": re.compile("DAILY|WEEKLY|MONTHLY|YEARLY"),
    "INTERVAL": re.compile("[0-9]+"),
    "COUNT": re.compile("[0-9]+"),
    "UNTIL": re.compile("[0-9]{8}(T[0-9]{6}Z?)?"),
    "BYDAY": _listed(f"([+-]?[1-5])?{_DAY}"),
    "BYMONTHDAY": _listed("[+-]?([1-9]|[12][0-9]|3[01])"),
    "BYMONTH": _listed("([1-9]|1[0-2])"),
    "BYSETPOS": _listed("[+-]?[1-9][0-9]{0,2}"),
    "WKST": re.compile(_DAY),
}
LONGEST_PART = 100
GREGORIAN_CYCLE = timedelta(days=146_097)
"""400 years, after which dates fall on the same weekdays again."""


def dates_of(rule: str, first: date, *, field: str = "rule") -> list[date]:
    """The local dates from ``first`` on, at most ``MOST_OCCURRENCES``, each once and in order.

    ``rule`` is an RRULE's value with or without ``RRULE:``; it must end by COUNT or UNTIL.
    Raises ``InvalidInput`` that names ``field``.
    """
    parts = _parts(rule, field)
    count = _number(parts.pop("COUNT", None), field)
    last = min(_until(parts.pop("UNTIL", None), field) or date.max, first + LONGEST_SERIES)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        found = list(islice(_stepping(text, first, last), (count or MOST_OCCURRENCES) + 1))
    except (ValueError, IndexError):
        _refuse(field)
    return _limited(found, count, field)


def _stepping(text: str, first: date, last: date) -> Iterator[date]:
    """The rule's dates from ``first`` to ``last``, counted at the end of the calendar.

    A rule that never comes true is followed to the year 9999: from there, that is not far.
    """
    begin = datetime.combine(first, time())
    away = (datetime.combine(date.max, time()) - LONGEST_SERIES - begin) // GREGORIAN_CYCLE * GREGORIAN_CYCLE
    stepping = rrulestr(text, dtstart=begin + away)
    for at in stepping:
        if (at - away).date() > last:
            return
        yield (at - away).date()


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
        name, _equals, value = part.partition("=")
        is_known = name in PARTS and len(value) <= LONGEST_PART and PARTS[name].fullmatch(value)
        if not is_known or name in found:
            _refuse(field)
        found[name] = value
    _check(found, field)
    return found


def _check(parts: Mapping[str, str], field: str) -> None:
    if "FREQ" not in parts:
        _refuse(field)
    if ("COUNT" in parts) == ("UNTIL" in parts):
        _refuse(field, _("Say when the series ends: either COUNT or UNTIL."))
    if not 1 <= (_number(parts.get("INTERVAL", "1"), field) or 0) <= MOST_OCCURRENCES:
        _refuse(field)


def _number(text: str | None, field: str) -> int | None:
    if text is None:
        return None
    if not (len(text) < 5 and 1 <= int(text) <= MOST_OCCURRENCES):
        _refuse(field, _("Count from 1 to %(most)d.") % {"most": MOST_OCCURRENCES})
    return int(text)


def _until(text: str | None, field: str) -> date | None:
    """A date, or the date of a date-time: the series' last possible day."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:8])
    except ValueError:
        _refuse(field)


def _refuse(field: str, message: str | Promise | None = None) -> NoReturn:
    refuse(field, message or _("Give a recurrence rule like FREQ=WEEKLY;BYDAY=MO;COUNT=10."))
