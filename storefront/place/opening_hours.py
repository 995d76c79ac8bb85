from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import get_day_names

from common.templatetags.holdfast import always_open, babel_locale
from resources.bookables import Bookable
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
    """``times`` is empty on closed days."""

    name: str
    times: tuple[str, ...]
    is_today: bool


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """Dates on which the usual hours do not apply; ``times`` is empty for whole days."""

    first: date
    last: date
    is_open: bool
    reason: str
    times: str = ""


def list_week_hours(plan: OpeningPlan, today: date) -> list[DayHours]:
    """The week as it is valid today, Monday first."""
    own_hours = [hours for hours in plan.resource_hours if hours.is_available and hours.is_valid_on(today)]
    valid_hours = (
        plan.resource_hours if own_hours else (*plan.venue_hours, *_list_breaks(plan.resource_hours))
    )
    names = get_day_names("wide", "stand-alone", locale=babel_locale())
    return [
        DayHours(
            names[day],
            tuple(map(_describe_span, _open_spans(valid_hours, day, today))),
            day == today.weekday(),
        )
        for day in range(7)
    ]


def _list_breaks(weekly_hours: Sequence[WeeklyHours]) -> list[WeeklyHours]:
    return [hours for hours in weekly_hours if not hours.is_available]


def _open_spans(weekly_hours: Sequence[WeeklyHours], weekday: int, today: date) -> list[Span]:
    valid = [hours for hours in weekly_hours if hours.weekday == weekday and hours.is_valid_on(today)]
    opened = sorted((hours.start, hours.end) for hours in valid if hours.is_available)
    closed = sorted((hours.start, hours.end) for hours in valid if not hours.is_available)
    return subtract(opened, closed)


def _describe_span(span: Span) -> str:
    if span[1] - span[0] == DAY and span[0] == 0:
        return always_open()
    return f"{format_wall_time(span[0])}–{format_wall_time(span[1])}"


def describe_stay_hours(bookable: Bookable, today: date) -> tuple[str, str] | None:
    """When guests arrive and leave; None if it is not booked by nights."""
    own_hours = [
        hours for hours in bookable.plan.resource_hours if hours.is_available and hours.is_valid_on(today)
    ]
    valid_hours = own_hours or [hours for hours in bookable.plan.venue_hours if hours.is_available]
    if not is_stay(bookable) or not valid_hours:
        return None
    arrival = min(hours.start for hours in valid_hours)
    return format_wall_time(arrival), format_wall_time(
        (arrival + bookable.customer_rules.default_duration) % DAY
    )


def list_special_days(plan: OpeningPlan, venue: Venue, today: date) -> list[SpecialDay]:
    """The next closures, openings and public holidays; at most one query."""
    last = today + LOOK_AHEAD
    special = [
        _make_special_day(override)
        for override in plan.overrides
        if override.last_on >= today and override.first_on <= last
    ]
    if any(today <= day <= last for day in plan.holidays):
        special += _list_holidays(venue, today, last)
    return sorted(special, key=lambda special_day: special_day.first)[:MOST_SPECIAL]


def _make_special_day(override: Override) -> SpecialDay:
    times = ""
    if override.start is not None and override.end is not None and override.end - override.start < DAY:
        times = f"{format_wall_time(override.start)}–{format_wall_time(override.end)}"
    return SpecialDay(override.first_on, override.last_on, override.is_open, override.reason, times)


def _list_holidays(venue: Venue, first: date, last: date) -> list[SpecialDay]:
    subdivisions = {"", venue.subdivision}
    holidays = Holiday.objects.filter(
        country=venue.country, subdivision__in=subdivisions, date__range=(first, last)
    )
    return [SpecialDay(holiday.date, holiday.date, False, holiday.name) for holiday in holidays]
