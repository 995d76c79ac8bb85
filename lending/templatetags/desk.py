from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.utils.translation import ngettext

from common.templatetags.holdfast import minutes as in_words
from lending.enums import Status
from resources.models import Venue

register = template.Library()
TWO_DAYS, TEN_DAYS, HOUR, DAY = 2880, 14_400, 60, 1440


@register.filter
def on_clock(at: datetime | None, venue: Venue) -> datetime | None:
    """On the venue's clock, which the page names once."""
    return at.astimezone(venue.zone) if at else None


@register.filter
def duration(minutes: int | None) -> str:
    """As people say it, and never to the minute where it was days; a dash where there is none."""
    if minutes is None:
        return "–"
    if minutes >= TWO_DAYS:
        minutes -= minutes % (DAY if minutes >= TEN_DAYS else HOUR)
    return in_words(minutes) or ngettext("%d minute", "%d minutes", 0) % 0


@register.filter
def percent(share: float) -> str:
    return f"{share * 100:.0f}\N{NO-BREAK SPACE}%"


@register.filter
def badge_of(status: str, is_overdue: bool) -> str:
    looks = {Status.OUT: "badge-good", Status.APPROVED: "badge-warn", Status.LOST: "badge-bad"}
    return "badge-bad" if is_overdue else looks.get(Status(status), "")


@register.filter
def of(values: dict[str, Any], key: object) -> Any:
    return values.get(str(key))


@register.simple_tag(takes_context=True)
def typed(context: Context, field: str, loan_id: object) -> str:
    """What was typed for a loan before its step was refused."""
    return str(context["sent"].get(f"{field}:{loan_id}", ""))


@register.simple_tag(takes_context=True)
def was_ticked(context: Context, field: str, loan_id: object, value: str) -> bool:
    return value in context["sent"].getlist(f"{field}:{loan_id}")
