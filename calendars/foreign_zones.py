"""Time zones as other programs name them."""

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from io import StringIO
from zoneinfo import ZoneInfo, available_timezones

from dateutil.tz import tzical

from calendars.ical_objects import IcalObject

OFFSET = re.compile(r"\(?(?:UTC|GMT)(?: ?([+-])(\d{1,2}):?(\d\d)?)?\)?\s*", re.IGNORECASE)
WITHOUT_CITY = {
    "alaska": "America/Anchorage",
    "arizona": "America/Phoenix",
    "atlantic time (canada)": "America/Halifax",
    "azores": "Atlantic/Azores",
    "baja california": "America/Tijuana",
    "brasilia": "America/Sao_Paulo",
    "central america": "America/Guatemala",
    "central time (us & canada)": "America/Chicago",
    "eastern time (us & canada)": "America/New_York",
    "greenland": "America/Nuuk",
    "hawaii": "Pacific/Honolulu",
    "indiana (east)": "America/Indiana/Indianapolis",
    "mountain time (us & canada)": "America/Denver",
    "newfoundland": "America/St_Johns",
    "pacific time (us & canada)": "America/Los_Angeles",
    "saskatchewan": "America/Regina",
    "west central africa": "Africa/Lagos",
}
"""What Windows shows for zones that it does not name after cities."""
ZONE_LINES = {"DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"}
UTC_UNTIL = re.compile(r"(UNTIL=\d{8}T\d{6})Z", re.IGNORECASE)
LONGEST_NAME = 200


def find_zone(name: str, definition: IcalObject | None) -> tzinfo | None:
    """None for a zone that nobody knows, not even the file."""
    name = name.strip()[:LONGEST_NAME]
    location = definition.text("X-LIC-LOCATION") if definition else ""
    return (
        _find_olson(name)
        or _find_windows(name)
        or _find_olson(location)
        or _read_definition(definition)
        or _find_shown(name)
    )


@lru_cache(maxsize=256)
def _find_olson(name: str) -> tzinfo | None:
    """``Europe/Berlin``, also in other letters or after a prefix, as in ``/example.org/1/Europe/Berlin``."""
    parts = name.casefold().strip("/").split("/")
    zones = _zones()
    candidates = ("/".join(parts[position:]) for position in range(len(parts)))
    found = next((zones[candidate] for candidate in candidates if candidate in zones), None)
    return ZoneInfo(found) if found else None


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    return {name.rpartition("/")[2].replace("_", " "): olson for name, olson in sorted(_zones().items())}


def _find_windows(name: str) -> tzinfo | None:
    # Imported when it is needed: most files do without it, and it takes longer than reading them.
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    return _find_olson(WINDOWS_TO_OLSON.get(name, ""))


def _read_definition(definition: IcalObject | None) -> tzinfo | None:
    if definition is None:
        return None
    lines = ["BEGIN:VCALENDAR", "BEGIN:VTIMEZONE", "TZID:zone"]
    for part in definition.parts:
        kept = [f"{line.name}:{line.value.strip()}" for line in part.lines if line.name in ZONE_LINES]
        lines += [f"BEGIN:{part.kind}", *kept, f"END:{part.kind}"]
    lines += ["END:VTIMEZONE", "END:VCALENDAR", ""]
    text = UTC_UNTIL.sub(r"\1", "\n".join(lines))  # its starts have no zone either
    try:
        return tzical(StringIO(text)).get("zone")
    except (ValueError, KeyError, IndexError, TypeError, ArithmeticError):
        return None


def _find_shown(name: str) -> tzinfo | None:
    """What Windows shows people: ``(UTC+01:00) Amsterdam, Berlin, Rome``, or just ``GMT-0500``."""
    if not (found := OFFSET.match(name)):
        return None
    places = name[found.end() :].casefold()
    cities = [place.strip().removeprefix("city of ") for place in re.split("[,:]", places)]
    known = WITHOUT_CITY.get(places) or next((_cities()[city] for city in cities if city in _cities()), "")
    return _find_olson(known) or _read_offset(found)


def _read_offset(found: re.Match[str]) -> tzinfo | None:
    sign, hours, minutes = found.groups()
    if not sign:
        return UTC
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-offset if sign == "-" else offset) if offset < timedelta(days=1) else None
