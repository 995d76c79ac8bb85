from datetime import date

from babel.dates import get_day_names
from babel.lists import format_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.holdfast import babel_locale, clock, clock_after, short_day
from resources.stays import describe_length, end_at, is_stay
from storefront.series.forms import DAYS, RepeatForm
from storefront.series.occurrences import OccurrenceRow


def describe_series(form: RepeatForm, rows: list[OccurrenceRow]) -> str:
    """What will be booked: "Every Tuesday, 18:00 to 19:30, 10 times until Tue 2 Feb". Empty for nothing."""
    chosen = [row.chosen for row in rows if row.chosen]
    if not chosen:
        return ""
    count = len(chosen)
    return _("%(days)s, %(times)s, %(count)s until %(last)s") % {
        "days": _describe_days(form),
        "times": _describe_times(form, rows),
        "count": ngettext("%d time", "%d times", count) % count,
        "last": short_day(chosen[-1].start),
    }


def _describe_times(form: RepeatForm, rows: list[OccurrenceRow]) -> str:
    bookable = form.bookable
    usual = next((row.usual for row in rows if row.usual), None)
    if usual is None or is_stay(bookable):
        length = describe_length(bookable, form.cleaned_data["duration"])
        return f"{clock(form.cleaned_data['time'])}, {length}"
    end = end_at(bookable, usual.start, form.length()).astimezone(bookable.zone)
    return _("%(start)s to %(end)s") % {"start": clock(usual.start), "end": clock_after(end, usual.start)}


def _describe_days(form: RepeatForm) -> str:
    cleaned = form.cleaned_data
    first: date = cleaned["date"]
    if cleaned["every"] == "month":
        return _("Every month on day %(day)d") % {"day": first.day}
    if cleaned["every"] == "day" and not cleaned["weekdays"]:
        return _("Every day")
    chosen = [number for number, day in enumerate(DAYS) if day in cleaned["weekdays"]]
    names = _name_days(chosen or [first.weekday()])
    if cleaned["every"] == "2weeks":
        return _("Every other %(days)s") % {"days": names}
    return _("Every %(days)s") % {"days": names}


def _name_days(numbers: list[int]) -> str:
    locale = babel_locale()
    names = get_day_names("wide", "stand-alone", locale=locale)
    return str(format_list([names[number] for number in numbers], locale=locale))
