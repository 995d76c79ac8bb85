from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from classes import teaching
from classes.enums import Attendance
from classes.models import Facilitator, SeatBooking
from common.templatetags.holdfast import moment, short_date
from resources.enums import AnswerKind
from resources.models import Venue

register = template.Library()


@register.filter
def names(facilitators: Iterable[Facilitator]) -> str:
    return ", ".join(each.name for each in facilitators)


@register.filter
def uses_pass(seat: SeatBooking) -> bool:
    use = getattr(seat, "pass_use", None)
    return use is not None and use.returned_at is None


@register.filter
def can_mark_seat(seat: SeatBooking) -> bool:
    return teaching.can_be_marked(seat)


@register.filter
def marks_of(seat: SeatBooking, has_begun: bool) -> list[tuple[str, str]]:
    """What can be recorded now: nobody is missing, or late, before it begins."""
    marks = [(Attendance.PRESENT.value, pgettext("roster", "Present"))]
    if has_begun or seat.attendance in (Attendance.LATE, Attendance.ABSENT):
        marks += [
            (Attendance.LATE.value, pgettext("roster", "Late")),
            (Attendance.ABSENT.value, pgettext("roster", "Absent")),
        ]
    return marks


@register.filter
def answer_text(answer: dict[str, Any]) -> str:
    if answer["kind"] == AnswerKind.YES_NO:
        return _("Yes") if answer["answer"] == "yes" else _("No")
    return str(answer["answer"])


@register.filter
def local(at: datetime, venue: Venue) -> datetime:
    return at.astimezone(venue.zone)


@register.filter
def refused_time(row: dict[str, Any], venue: Venue) -> str:
    """Of a date or an instant that a service refused."""
    if "date" in row:
        return short_date(date.fromisoformat(row["date"]))
    return moment(datetime.fromisoformat(row["start"]).astimezone(venue.zone)) if "start" in row else ""


@register.filter
def kind_name(kind: str) -> str:
    """Of a line behind a sum."""
    names: dict[str, str] = {
        "charge": pgettext("ledger", "Payment"),
        "refund": pgettext("ledger", "Refund"),
        "pass": pgettext("ledger", "Pass used"),
    }
    return names.get(kind, kind)
