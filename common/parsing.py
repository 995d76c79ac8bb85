"""Strict reading of what people and programs type; pages and API share it, so both refuse alike.

Everything raises ``InvalidInput`` about the field, with code ``invalid_time``, ``nonexistent_time`` or
``ambiguous_time`` (with ``extra["candidates"]``, two instants), or ``invalid``.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput
from scheduling.zones import AmbiguousLocalTime, LocalTimeError, from_minute, resolve_local

FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST_MINUTES = 525_600
"""A year: no booking is longer."""
MOST_PEOPLE = 100_000

# [0-9], not \d: other scripts' digits would pass int() but are no ISO 8601.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:00(\.0{1,6})?)?")
_INSTANT = re.compile(rf"({_DATE.pattern})T({_TIME.pattern})(Z|z|[+ -][0-9]{{2}}:?[0-9]{{2}})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def refuse(field: str, message: str | Promise, code: str = "invalid", **extra: Any) -> NoReturn:
    """Raises ``InvalidInput`` about one field."""
    raise InvalidInput(message, code=code, fields={field: [message]}, extra=extra)


def parse_date(value: object, field: str = "date") -> date:
    """``2027-03-28``."""
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            return check_year(date.fromisoformat(value.strip()), field)
        except ValueError:
            pass
    refuse(field, _("Enter a date like 2027-03-28."), "invalid_time")


def parse_time(value: object, field: str = "time") -> time:
    """``14:30`` or ``14:30:00``."""
    if isinstance(value, str) and _TIME.fullmatch(value.strip()):
        try:
            return time.fromisoformat(value.strip()[:5])
        except ValueError:
            pass
    refuse(field, _("Enter a time like 14:30."), "invalid_time")


def parse_instant(value: object, field: str = "start", *, zone: str | None = None) -> datetime:
    """``2027-03-28T14:30+02:00`` or ``...Z`` as an aware datetime, UTC.

    Without an offset it is the wall clock of ``zone``; with ``zone`` None it is then refused.
    """
    match = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        refuse(field, _("Enter a date and time like 2027-03-28T14:30+02:00."), "invalid_time")
    day, at = parse_date(match[1], field), parse_time(match[2], field)
    offset = match.group(5)
    if offset:
        return _with_offset(day, at, offset, field)
    if zone is None:
        refuse(field, _("Add the offset from UTC, like +02:00 or Z."), "invalid_time")
    return resolve_local_time(day, at, zone, field)


def _with_offset(day: date, at: time, offset: str, field: str) -> datetime:
    # An unescaped "+" arrives as a space in a query string.
    plain_offset = offset.replace(" ", "+").upper()
    try:
        return datetime.fromisoformat(f"{day.isoformat()}T{at:%H:%M}{plain_offset}").astimezone(UTC)
    except ValueError:
        refuse(field, _("This UTC offset doesn't exist."), "invalid_time")


def resolve_local_time(day: date, at: time, zone: str, field: str = "time") -> datetime:
    try:
        return from_minute(resolve_local(datetime.combine(day, at), zone))
    except LocalTimeError as error:
        candidates = list(error.candidates)
        if isinstance(error, AmbiguousLocalTime):
            message = _("The clocks go back on this day, so this time occurs twice. Choose which one.")
            refuse(field, message, "ambiguous_time", candidates=candidates)
        message = _("The clocks go forward on this day, so this time doesn't exist. Choose another one.")
        refuse(field, message, "nonexistent_time", candidates=candidates)


def parse_int(value: object, field: str, *, least: int = 0, most: int = MOST_PEOPLE) -> int:
    """A whole number, or its digits; True and 1.0 are refused."""
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        message = _("Enter a whole number from %(least)d to %(most)d.") % {"least": least, "most": most}
        refuse(field, message)
    return value


def parse_duration(value: object, field: str = "duration") -> timedelta:
    return timedelta(minutes=parse_int(value, field, least=1, most=LONGEST_MINUTES))


def read_start(data: Mapping[str, Any], zone: str) -> datetime:
    """From ``start`` (without an offset the zone's wall clock) or ``date`` and ``time``."""
    if data.get("start") not in (None, ""):
        if data.get("date") or data.get("time"):
            refuse("start", _("Enter either a start, or a date and a time."))
        return parse_instant(data["start"], "start", zone=zone)
    missing = [name for name in ("date", "time") if data.get(name) in (None, "")]
    if missing:
        fields: dict[str, list[str | Promise]] = {name: [_("Enter a value.")] for name in missing}
        raise InvalidInput(_("Enter a date and a time, or a start."), fields=fields)
    return resolve_local_time(parse_date(data["date"]), parse_time(data["time"]), zone)


def read_span(
    data: Mapping[str, Any],
    zone: str,
    default: timedelta,
    end_at: Callable[[datetime, timedelta], datetime] = operator.add,
) -> tuple[datetime, datetime]:
    """Start and end: the end from ``end`` or ``duration`` (minutes), or ``default`` after the start.

    ``end_at`` adds a length to a start.
    """
    start = read_start(data, zone)
    if data.get("end") in (None, ""):
        length = default if data.get("duration") in (None, "") else parse_duration(data["duration"])
        return start, end_at(start, length)
    if data.get("duration") not in (None, ""):
        refuse("duration", _("Enter either an end or a duration."))
    end = parse_instant(data["end"], "end", zone=zone)
    if not start < end <= start + timedelta(minutes=LONGEST_MINUTES):
        refuse("end", _("Enter an end after the start, no more than a year later."))
    return start, end


def parse_uuid(value: object, field: str = "id") -> UUID:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and _UUID.fullmatch(value.strip()):
        return UUID(value.strip())
    refuse(field, _("This ID isn't valid."))


def split_address(text: str) -> SplitResult:
    """Without parts where it is no address; never an error."""
    try:
        return urlsplit(text)
    except ValueError:  # such as "http://[::1"
        return urlsplit("")


def parse_flag(value: object, field: str) -> bool:
    flags = {"true": True, "1": True, "false": False, "0": False}
    flag = flags.get(str(value).strip().lower())
    if flag is None:
        refuse(field, _("Enter true or false."))
    return flag


def check_year(day: date, field: str) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        message = _("Enter a year from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        refuse(field, message, "invalid_time")
    return day
