"""Whoever teaches hears who has cancelled: at once, and what follows within the hour in one mail at its end.

Who they are is read when it is sent: a class that is called off meanwhile, or theirs no more, is not told of.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from classes.enums import SessionStatus
from classes.finding import recall_session
from classes.messages.names import LEFT, ClassMessage
from classes.messages.people import hears_as_staff, teacher_of
from classes.models import SeatBooking
from common.clock import now
from notifications.models import Message
from notifications.services.writing import messages_to_customer, write_messages
from reservations.enums import EventKind, Source, Status
from reservations.models import ReservationEvent

Ended = tuple[SeatBooking, ReservationEvent]
A_WHILE = timedelta(hours=1)
MARGIN = timedelta(minutes=1)
"""What is being cancelled at the very end of an hour is in the database by then."""
BY_VENUE = (Source.STAFF, Source.SYSTEM)
"""Of which staff are not told."""


def tell_of_cancelled(ended: Iterable[Ended]) -> None:
    """Bookings that have just ended; those of a session that is called off are told of with that."""
    by_teacher: dict[int, list[Ended]] = defaultdict(list)
    for seat, event in ended:
        if _is_news(seat, event):
            by_teacher[seat.session.facilitator_id].append((seat, event))
    write_messages(message for cancelled in by_teacher.values() for message in _tell_teacher(cancelled))


def _is_news(seat: SeatBooking, event: ReservationEvent) -> bool:
    session = seat.session
    is_to_come = session.status == SessionStatus.ACTIVE and session.starts_at > event.at
    was_booked = event.old_status != Status.HELD and event.source != Source.IMPORT
    return event.kind == EventKind.CANCELLED and is_to_come and was_booked


def _tell_teacher(cancelled: Sequence[Ended]) -> list[Message]:
    seat, event = cancelled[0]
    session = recall_session(seat.session_id)
    if session is None or event.actor_id == session.teacher.user_id:
        return []
    if event.source not in BY_VENUE and hears_as_staff(session.venue_id, session.teacher.user_id):
        return []
    about = teacher_of(session, seat.session.facilitator_id)
    last = _find_last(seat.session.facilitator_id)
    if last is None or _until(last) + A_WHILE <= event.at:
        payload: dict[str, Any] = {
            "seats": [each.pk for each, _event in cancelled],
            "until": event.at.isoformat(),
        }
        return messages_to_customer(ClassMessage.LEFT, f"{event.pk}", about, payload)
    if "since" in last.payload and event.at <= _until(last):
        return []  # it is in the mail that comes next
    return _gather(last, messages_to_customer(ClassMessage.LEFT, f"after:{last.pk}", about, {}))


def _find_last(facilitator_id: int) -> Message | None:
    rows = Message.objects.filter(subject_type=LEFT, subject_id=str(facilitator_id), resend_of=None)
    return rows.filter(created_at__gt=now() - 2 * A_WHILE).order_by("-due_at").first()


def _until(message: Message) -> datetime:
    return datetime.fromisoformat(message.payload["until"])


def _gather(last: Message, following: list[Message]) -> list[Message]:
    """Of the hour after the last one; two that were cancelled in one moment may be written in any order."""
    since, until = _until(last), _until(last) + A_WHILE
    told = last.payload.get("seats", [])
    for message in following:
        message.due_at = until + MARGIN
        message.payload = {
            "since": (since - MARGIN if told else since).isoformat(),
            "until": until.isoformat(),
            "but": told,
        }
    return following


def list_left(message: Message) -> list[SeatBooking]:
    """Whom it tells of, while their class is still to come and still theirs who read it."""
    payload = message.payload
    rows = SeatBooking.objects.filter(
        session__facilitator=int(message.subject_id),
        session__status=SessionStatus.ACTIVE,
        session__starts_at__gt=now(),
        reservation__status=Status.CANCELLED,
    )
    chosen = Q(pk__in=payload.get("seats", ()))
    if "since" in payload:
        between = ReservationEvent.objects.filter(
            Q(at__gt=payload["since"], at__lte=payload["until"], kind=EventKind.CANCELLED),
            ~Q(old_status=Status.HELD),
            ~Q(actor=message.user_id) | Q(actor=None),
            reservation__in=rows.values("reservation"),
        )
        chosen = Q(reservation__in=between.values("reservation")) & ~Q(pk__in=payload["but"])
    related = ("session__place", "session__venue", "reservation")
    return list(rows.filter(chosen).select_related(*related).order_by("session__starts_at", "session", "pk"))
