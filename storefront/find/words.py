from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.holdfast import minutes, near_day, short_day
from resources.enums import ResourceKind
from search.forms import SearchForm
from search.windows import Window


def describe_search(form: SearchForm, window: Window | None, today: date) -> str:
    """What is looked for, in one line: "Today, 2 people, all types". Any day without a window."""
    cleaned = form.cleaned_data
    kind, others = cleaned["kind"], form.more_count - bool(cleaned["days"])
    parts = [
        _describe_days(window, today) if window else _("Any day"),
        _describe_people(cleaned["party_size"]),
        minutes(cleaned["duration"] or 0),
        str(ResourceKind(kind).label) if kind else _("any type"),
        ngettext("%d filter", "%d filters", others) % others if others else "",
    ]
    return ", ".join(filter(None, parts))


def _describe_days(window: Window, today: date) -> str:
    if window.days == 1:
        return near_day(window.first, today)
    if window.first == today:
        return ngettext("Next %d day", "Next %d days", window.days) % window.days
    return f"{short_day(window.first)} – {short_day(window.last)}"


def _describe_people(count: int | None) -> str:
    return ngettext("%d person", "%d people", count) % count if count else ""
