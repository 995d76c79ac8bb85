"""Recurrence rules (RFC 5545 RRULE) as local dates, stepped by python-dateutil. Pure."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import islice, takewhile
from typing import NoReturn

from dateutil.rrule import rrulestr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.parsing import refuse

MOST_OCCURRENCES = 200
LONGEST_SERIES = timedelta(days=3 * 366)
_DAY = "(MO|TU|WE|TH|FR|SA|SU)"


def _list_pattern(value: str) -> re.Pattern[str]:
    return re.compile(f"{value}(,{value})*")


PARTS = {
    "FREQ": re.compile("DAILY|WEEKLY|MONTHLY|YEARLY"),
    "INTERVAL": re.compile("[0-9]+"),
    "COUNT": re.compile("[0-9]+"),
    "UNTIL": re.compile("[0-9]{8}(T[0-9]{6}Z?)?"),
    "BYDAY": _list_pattern(f"([+-]?[1-5])?{_DAY}"),
    "BYMONTHDAY": _list_pattern("[+-]?([1-9]|[12][0-9]|3[01])"),
    "BYMONTH": _list_pattern("([1-9]|1[0-2])"),
    "BYSETPOS": _list_pattern("[+-]?[1-9][0-9]{0,2}"),
    "WKST": re.compile(_DAY),
}
LONGEST_PART = 100
GREGORIAN_CYCLE = timedelta(days=146_097)
"""400 years, after which dates fall on the same weekdays again."""


def list_dates(rule: str, start: datetime, *, field: str = "rule") -> list[date]:
    """The local dates from ``start`` (in the venue's zone) on, in order, at most ``MOST_OCCURRENCES``.

    ``rule`` must end by COUNT or UNTIL. Raises ``InvalidInput`` that names ``field``.
    """
    parts = _parse_rule(rule, field)
    count = _parse_number(parts.pop("COUNT", None), field)
    until = _parse_until(parts.pop("UNTIL", None), field)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        ahead = takewhile(partial(_is_within, start, until), _step_dates(text, start.date()))
        dates = list(islice(ahead, (count or MOST_OCCURRENCES) + 1))
    except (ValueError, IndexError):
        _refuse(field)
    return _limit_dates(dates, count, field)


def _is_within(start: datetime, until: date | None, on: date) -> bool:
    """UNTIL is inclusive: a date, an instant, or a time on the wall clock of ``start``."""
    if not isinstance(until, datetime):
        return until is None or on <= until
    begins = datetime.combine(on, start.timetz())
    return begins <= (until if until.tzinfo else until.replace(tzinfo=start.tzinfo))


def _step_dates(text: str, first: date) -> Iterator[date]:
    """Counted whole Gregorian cycles later: dateutil follows rules that never come true to the year 9999."""
    begin = datetime.combine(first, time())
    shift = (datetime.combine(date.max, time()) - LONGEST_SERIES - begin) // GREGORIAN_CYCLE * GREGORIAN_CYCLE
    occurrences = rrulestr(text, dtstart=begin + shift)
    for at in occurrences:
        if (at - shift).date() > first + LONGEST_SERIES:
            return
        yield (at - shift).date()


def _limit_dates(dates: list[date], count: int | None, field: str) -> list[date]:
    if count is None and len(dates) > MOST_OCCURRENCES:
        message = _("Choose %(most)d dates or fewer.") % {"most": MOST_OCCURRENCES}
        _refuse(field, message)
    if not dates:
        _refuse(field, _("This rule gives no dates. Change it."))
    return dates[:count]


def _parse_rule(rule: str, field: str) -> dict[str, str]:
    text = rule.strip().upper().removeprefix("RRULE:").rstrip(";")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _equals, value = part.partition("=")
        is_known = name in PARTS and len(value) <= LONGEST_PART and PARTS[name].fullmatch(value)
        if not is_known or name in parts:
            _refuse(field)
        parts[name] = value
    _check_parts(parts, field)
    return parts


def _check_parts(parts: Mapping[str, str], field: str) -> None:
    if "FREQ" not in parts:
        _refuse(field)
    if ("COUNT" in parts) == ("UNTIL" in parts):
        _refuse(field, _("Enter when the series ends: COUNT or UNTIL."))
    if not 1 <= (_parse_number(parts.get("INTERVAL", "1"), field) or 0) <= MOST_OCCURRENCES:
        _refuse(field)


def _parse_number(text: str | None, field: str) -> int | None:
    if text is None:
        return None
    if not (len(text) < 5 and 1 <= int(text) <= MOST_OCCURRENCES):
        _refuse(field, _("Enter a COUNT from 1 to %(most)d.") % {"most": MOST_OCCURRENCES})
    return int(text)


def _parse_until(text: str | None, field: str) -> date | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        _refuse(field)


def _refuse(field: str, message: str | Promise | None = None) -> NoReturn:
    refuse(field, message or _("Enter a recurrence rule like FREQ=WEEKLY;BYDAY=MO;COUNT=10."))
