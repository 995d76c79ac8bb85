"""VTIMEZONE of an IANA zone, for the period that is shown and no other.

Every change of the clocks is written out. Rules ("last Sunday of March") would go on for ever, and they are
wrong where clocks follow the moon (Morocco) or a government's mind.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from scheduling.zones import from_minute, segments_between, to_minute

YEAR_BEFORE = timedelta(days=366)


def vtimezone(zone: str, first: datetime, last: datetime) -> Timezone:
    """Right for every instant of [first, last], and for a year before; aware datetimes."""
    found = Timezone()
    found.add("tzid", zone)
    start = (first - YEAR_BEFORE).replace(second=0, microsecond=0)
    end = (last + timedelta(days=1)).replace(second=0, microsecond=0)
    parts = segments_between(zone, to_minute(start), to_minute(end))
    for position, (begins, _ends, offset) in enumerate(parts):
        before = parts[position - 1][2] if position else offset
        following = parts[position + 1][2] if position + 1 < len(parts) else offset
        is_summer = offset > before if position else offset > following
        found.add_component(_observance(zone, begins, before, offset, is_summer=is_summer))
    return found


def _observance(
    zone: str, begins: int, before: int, offset: int, *, is_summer: bool
) -> TimezoneDaylight | TimezoneStandard:
    """From ``begins`` (UTC minutes) on; RFC 5545 wants that in the wall clock of just before."""
    part = TimezoneDaylight() if is_summer else TimezoneStandard()
    shown = from_minute(begins).replace(tzinfo=None) + timedelta(minutes=before)
    part.add("dtstart", shown)
    part.add("tzoffsetfrom", timedelta(minutes=before))
    part.add("tzoffsetto", timedelta(minutes=offset))
    part.add("tzname", from_minute(begins).astimezone(ZoneInfo(zone)).tzname() or zone)
    return part
