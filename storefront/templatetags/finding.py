from datetime import date

from django import template
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from common.templatetags.holdfast import near_day
from search.values import Match

register = template.Library()


@register.filter
def day_path(match: Match) -> str:
    return reverse("group-day" if match.is_group else "resource-day", args=[match.row.uuid])


@register.filter
def hold_path(match: Match) -> str:
    return reverse("group-hold" if match.is_group else "hold", args=[match.row.uuid])


@register.filter
def waitlist_path(match: Match) -> str:
    return reverse("group-waitlist-join" if match.is_group else "waitlist-join", args=[match.row.uuid])


@register.filter
def wish_query(match: Match) -> str:
    """What was looked for, as the query of those pages."""
    return urlencode({"duration": match.duration, "party_size": match.party_size})


@register.filter
def near_night(on: date, today: date) -> str:
    """Tonight, Tomorrow, or Fri 4 Dec."""
    return _("Tonight") if on == today else near_day(on, today)
