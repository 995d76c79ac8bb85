"""When a place is open, as one reads it on a door: the week, and the days that differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import get_day_names
from django.utils.translation import gettext as _

from common.templatetags.holdfast import babel_locale
from resources.facts import Bookable
from resources.models import Holiday, Venue
from resources.stays import is_stay
from scheduling.hours import OpeningPlan, Override, WeeklyHours
from scheduling.spans import Span, subtract
from scheduling.zones import DAY
from storefront.place.descriptions import format_wall_time

MOST_SPECIAL = 4
LOOK_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class DayHours:
    """A weekday's hours; ``times`` is empty when it is closed."""

    name: str
    times: tuple[str, ...]
    is_today: bool


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """Dates on which the usual hours do not hold; ``times`` is empty for whole days."""

    first: date
    last: date
    is_open: bool
    reason: str
    times: str = ""


def week_hours(plan: OpeningPlan, today: date) -> list[DayHours]:
    """The usual week as it is valid today, Monday first."""
    own = [row for row in plan.resource_hours if row.is_available and row.is_valid_on(today)]
    rows = plan.resource_hours if own else (*plan.venue_hours, *_breaks(plan.resource_hours))
    names = get_day_names("wide", "stand-alone", locale=babel_locale())
    return [
        DayHours(names[day], tuple(map(_times, _spans(rows, day, today))), day == today.weekday())
        for day in range(7)
    ]


def _breaks(rows: Sequence[WeeklyHours]) -> list[WeeklyHours]:
    return [row for row in rows if not row.is_available]


def _spans(rows: Sequence[WeeklyHours], weekday: int, today: date) -> list[Span]:
    valid = [row for row in rows if row.weekday == weekday and row.is_valid_on(today)]
    opened = sorted((row.start, row.end) for row in valid if row.is_available)
    closed = sorted((row.start, row.end) for row in valid if not row.is_available)
    return subtract(opened, closed)


def _times(span: Span) -> str:
    if span[1] - span[0] == DAY and span[0] == 0:
        return _("around the clock")
    return f"{format_wall_time(span[0])}–{format_wall_time(span[1])}"


def stay_hours(bookable: Bookable, today: date) -> tuple[str, str] | None:
    """From when guests arrive and until when they leave; None for what is not booked by nights."""
    own = [row for row in bookable.plan.resource_hours if row.is_available and row.is_valid_on(today)]
    rows = own or [row for row in bookable.plan.venue_hours if row.is_available]
    if not is_stay(bookable) or not rows:
        return None
    arrival = min(row.start for row in rows)
    return format_wall_time(arrival), format_wall_time(
        (arrival + bookable.customer_rules.default_duration) % DAY
    )


def special_days(plan: OpeningPlan, venue: Venue, today: date) -> list[SpecialDay]:
    """The next closures, openings and public holidays; one query where holidays matter."""
    last = today + LOOK_AHEAD
    found = [_special(each) for each in plan.overrides if each.last_on >= today and each.first_on <= last]
    if any(today <= day <= last for day in plan.holidays):
        found += _holidays(venue, today, last)
    return sorted(found, key=lambda each: each.first)[:MOST_SPECIAL]


def _special(override: Override) -> SpecialDay:
    times = ""
    if override.start is not None and override.end is not None:
        times = f"{format_wall_time(override.start)}–{format_wall_time(override.end)}"
    return SpecialDay(override.first_on, override.last_on, override.is_open, override.reason, times)


def _holidays(venue: Venue, first: date, last: date) -> list[SpecialDay]:
    places = {"", venue.subdivision}
    rows = Holiday.objects.filter(country=venue.country, subdivision__in=places, date__range=(first, last))
    return [SpecialDay(row.date, row.date, False, row.name) for row in rows]
