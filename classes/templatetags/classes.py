from collections.abc import Mapping, Sequence

from django import template
from django.utils.translation import gettext as _

from classes import words
from classes.models import SeatBooking, Studio
from classes.owed import Owed
from classes.timetable import Day, DayPart, Row
from reservations.links import manage_path, token_for
from reservations.models import Reservation
from waitlist import links as waitlist_links
from waitlist.links import entry_path
from waitlist.models import WaitlistEntry

register = template.Library()


@register.filter
def part_name(part: DayPart) -> str:
    names: Mapping[DayPart, str] = {
        DayPart.MORNING: _("Morning"),
        DayPart.AFTERNOON: _("Afternoon"),
        DayPart.EVENING: _("Evening"),
    }
    return names[part]


@register.filter
def in_part(day: Day, part: DayPart) -> Sequence[Row]:
    return day.parts[part]


@register.filter
def place_name(place: Studio) -> str:
    return words.name_place(place)


@register.filter
def left_text(row: Row) -> str:
    """Numbers first: 3 of 10 left."""
    capacity = row.session.capacity
    if not row.left:
        return _("Full")
    if capacity == 1:
        return _("1 place")
    values = {"left": row.left, "capacity": capacity}
    return _("%(left)s of %(capacity)s left") % values


@register.filter
def booking_path(reservation: Reservation) -> str:
    return manage_path(reservation)


@register.filter
def hold_token(reservation: Reservation) -> str:
    return token_for(reservation)


@register.filter
def wait_token(entry: WaitlistEntry) -> str:
    return waitlist_links.token_for(entry)


@register.filter
def wait_path(entry: WaitlistEntry) -> str:
    return entry_path(entry)


@register.filter
def of_seat(owed: Mapping[int, Owed], seat: SeatBooking) -> Owed | None:
    return owed.get(seat.pk)
