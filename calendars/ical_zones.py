"""VTIMEZONEs with every change of the clocks written out: rules are wrong where clocks follow the moon."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from scheduling.zones import from_minute, segments_between, to_minute

YEAR_BEFORE = timedelta(days=366)


def vtimezone(zone: str, first: datetime, last: datetime) -> Timezone:
    """Right for every instant of [first, last] and for a year before."""
    component = Timezone()
    component.add("tzid", zone)
    start = (first - YEAR_BEFORE).replace(second=0, microsecond=0)
    end = (last + timedelta(days=1)).replace(second=0, microsecond=0)
    segments = segments_between(zone, to_minute(start), to_minute(end))
    for position, (begins, _ends, offset) in enumerate(segments):
        offset_before = segments[position - 1][2] if position else offset
        offset_after = segments[position + 1][2] if position + 1 < len(segments) else offset
        is_summer = offset > offset_before if position else offset > offset_after
        component.add_component(_observance(zone, begins, offset_before, offset, is_summer=is_summer))
    return component


def _observance(
    zone: str, begins: int, before: int, offset: int, *, is_summer: bool
) -> TimezoneDaylight | TimezoneStandard:
    """From ``begins`` (UTC minutes) on, which RFC 5545 wants in the wall clock of just before."""
    observance = TimezoneDaylight() if is_summer else TimezoneStandard()
    local_begin = from_minute(begins).replace(tzinfo=None) + timedelta(minutes=before)
    observance.add("dtstart", local_begin)
    observance.add("tzoffsetfrom", timedelta(minutes=before))
    observance.add("tzoffsetto", timedelta(minutes=offset))
    observance.add("tzname", from_minute(begins).astimezone(ZoneInfo(zone)).tzname() or zone)
    return observance
