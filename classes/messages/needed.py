"""Asked before each try to send: why nobody needs it any more, or nothing."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from classes.enums import InstalmentStatus
from classes.messages.leaving import list_left
from classes.messages.names import ClassMessage
from classes.models import Facilitator, Instalment, Pass, SeatBooking, Session
from common import clock
from notifications.models import Message
from resources.team import team_rows
from waitlist.models import WaitlistEntry

Condition = Callable[[Message], bool]


def _is_to_come(message: Message) -> bool:
    session: Session = message.about
    return session.is_active and session.starts_at > clock.now()


def _teaches_now(message: Message) -> bool:
    session: Session = message.about
    return _is_to_come(message) and session.facilitator_id == message.payload["now"]


def _is_wanted(message: Message) -> bool:
    return _is_to_come(message) and message.about.substitute_wanted_at is not None


def _has_seat(message: Message) -> bool:
    seat: SeatBooking = message.about
    return seat.is_active and seat.session.facilitator_id == message.payload["now"]


def _is_coming(message: Message) -> bool:
    return bool(message.about.is_active)


def _is_unpaid(message: Message) -> bool:
    part = Instalment.objects.filter(pk=message.payload["part"], status=InstalmentStatus.OPEN)
    return bool(message.about.is_active) and part.exists()


def _is_valid(message: Message) -> bool:
    sold: Pass = message.about
    is_same = sold.expires_on.isoformat() == message.payload["expires_on"]
    return is_same and sold.ended_at is None


def _waits(message: Message) -> bool:
    entry: WaitlistEntry = message.about
    return entry.status in WaitlistEntry.ACTIVE


def _is_told_in_time(message: Message) -> bool:
    return str(message.payload["on"]) >= clock.now().astimezone(message.venue.zone).date().isoformat()


def _has_lost_people(message: Message) -> bool:
    return bool(list_left(message))


def _is_pending(message: Message) -> bool:
    profile: Facilitator = message.about
    return not profile.is_approved


def _is_approved(message: Message) -> bool:
    return not _is_pending(message)


CONDITIONS: dict[ClassMessage, Condition] = {
    ClassMessage.TEACHER: _has_seat,
    ClassMessage.LETTER: _is_coming,
    ClassMessage.INSTALMENT_DUE: _is_unpaid,
    ClassMessage.INSTALMENT_LATE: _is_unpaid,
    ClassMessage.PASS_EXPIRING: _is_valid,
    ClassMessage.WAIT_MOVED: _waits,
    ClassMessage.SEAT_OPEN: _waits,
    ClassMessage.LEFT: _has_lost_people,
    ClassMessage.CHANGED: _is_to_come,
    ClassMessage.LEADS_NOW: _teaches_now,
    ClassMessage.SUBSTITUTE_WANTED: _is_wanted,
    ClassMessage.SUBSTITUTE_FOUND: _teaches_now,
    ClassMessage.PEOPLE_TOMORROW: _is_told_in_time,
    ClassMessage.MINIMUM: _is_to_come,
    ClassMessage.ASKS: _is_pending,
    ClassMessage.APPROVED: _is_approved,
}


FOR_THE_TEAM = frozenset(
    {
        ClassMessage.BOOKED,
        ClassMessage.LEFT,
        ClassMessage.CHANGED,
        ClassMessage.LEADS_NOW,
        ClassMessage.SUBSTITUTE_WANTED,
        ClassMessage.PEOPLE_TOMORROW,
    }
)
"""What tells of customers, or of work: for nobody who has left."""


def _is_on_team(message: Message) -> bool:
    return team_rows(message.venue_id, message.user_id).exists()


def why_not_to_tell(message: Message) -> str:
    """Staff send again what they like."""
    condition = CONDITIONS.get(ClassMessage(message.kind))
    if message.resend_of_id:
        return ""
    if message.kind in FOR_THE_TEAM and not _is_on_team(message):
        return _("They are no longer on the team.")
    if condition is None:
        return ""
    if message.about is not None and condition(message):
        return ""
    return _("It's no longer true.")
