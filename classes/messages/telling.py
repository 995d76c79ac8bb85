"""What people are told at once. What the hour tells them stands in ``reminders``.

Bookings, their changes and their cancellations have messages of their own (``reservations.messages``), and so
have places in line (``waitlist.messages``): here is only what those do not say.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from classes.finding import recall_session
from classes.messages.limits import require_seldom
from classes.messages.names import ClassMessage
from classes.messages.people import (
    has_acted,
    hears_as_staff,
    is_told_as_staff,
    list_seated,
    owner_of,
    teacher,
    teacher_of,
    with_seat,
)
from classes.models import Facilitator, Instalment, Pass, SeatBooking, Session
from classes.services.moving import MOVING
from classes.signals import SessionChange, SessionNews
from common.clock import now
from notifications.kinds import MessagePayload
from notifications.models import Message
from notifications.services.writing import messages_to_customer, messages_to_staff, write_messages
from reservations.enums import EventKind, Source
from reservations.messages.snapshot import event_payload
from reservations.models import ReservationEvent
from waitlist.messages.telling import entry_payload
from waitlist.models import WaitlistEntry

Messages = Iterable[Message]


def tell_of_sessions(*, changes: Sequence[SessionChange], **kwargs: Any) -> None:
    write_messages(
        message for change in changes if change.news in TELLERS for message in TELLERS[change.news](change)
    )


def _key_of(session: Session) -> str:
    """Every change has a version of its own."""
    return f"{session.pk}:{session.version}"


def _to_teacher(
    kind: ClassMessage, facilitator: Facilitator, change: SessionChange, payload: MessagePayload
) -> list[Message]:
    """But for who did it themselves."""
    if has_acted(facilitator, change.actor):
        return []
    session = change.session
    key = f"{_key_of(session)}:{facilitator.pk}"
    return messages_to_customer(kind, key, teacher(facilitator, session.pk), payload)


def _tell_of_change(change: SessionChange) -> Messages:
    """Whose seats have moved hears that with their booking."""
    session, old = change.session, change.extra["old"]
    before, is_moved = old.get("facilitator"), not MOVING.isdisjoint(old)
    payload: MessagePayload = {
        name: old[name].isoformat() for name in ("starts_at", "ends_at") if name in old
    }
    if before is not None:
        yield from _tell_of_teacher(change, before, in_booking=is_moved)
    elif is_moved:
        yield from _to_teacher(ClassMessage.CHANGED, session.facilitator, change, payload)
    if is_moved:
        yield from _tell_waiting(ClassMessage.WAIT_MOVED, change.extra["waiting"], _key_of(session))


def _tell_of_substitute(change: SessionChange) -> Messages:
    return _tell_of_teacher(change, change.extra["before"])


def _tell_of_teacher(change: SessionChange, before: Facilitator, *, in_booking: bool = False) -> Messages:
    """Who teaches now, who did, and everybody who has booked."""
    session, payload = change.session, {"before": before.pk, "now": change.session.facilitator_id}
    yield from _to_teacher(ClassMessage.LEADS_NOW, session.facilitator, change, payload)
    yield from _to_teacher(ClassMessage.SUBSTITUTE_FOUND, before, change, payload)
    if in_booking or not (before.is_public or session.facilitator.is_public):
        return
    for seat in list_seated(session):
        about, key = with_seat(seat), f"{seat.pk}:{session.version}"
        yield from messages_to_customer(ClassMessage.TEACHER, key, about, payload)


def _tell_letter(change: SessionChange) -> Messages:
    """Each letter has a key of its own: sent again, nobody gets it twice."""
    letter = {"letter": change.extra["text"]}
    written: list[Message] = []
    for seat in change.extra["seats"]:
        key = f"{seat.pk}:{change.extra['key']}"
        written += messages_to_customer(ClassMessage.LETTER, key, with_seat(seat), letter)
    require_seldom(ClassMessage.LETTER, written)
    return written


def _tell_of_wanted(change: SessionChange) -> Messages:
    session = change.session
    key = f"{session.pk}:{session.substitute_wanted_at}"
    asked: list[Message] = []
    for colleague in change.extra["colleagues"]:
        about = teacher(colleague, session.pk)
        asked += messages_to_customer(ClassMessage.SUBSTITUTE_WANTED, key, about, {})
    require_seldom(ClassMessage.SUBSTITUTE_WANTED, asked)
    return asked


def _tell_of_end(change: SessionChange) -> Messages:
    """Staff and who would have taught; everybody who has booked hears that with their booking."""
    session = change.session
    payload = {"reason": session.cancel_reason}
    yield from messages_to_staff(
        ClassMessage.CALLED_OFF, _key_of(session), session, payload, but=change.actor.user
    )
    if not is_told_as_staff(session.facilitator):
        yield from _to_teacher(ClassMessage.CALLED_OFF, session.facilitator, change, payload)


def _tell_of_minimum(change: SessionChange) -> Messages:
    session = change.session
    payload, key = {"booked": change.extra["booked"]}, f"{session.pk}:{session.minimum_noted_at}"
    return messages_to_staff(ClassMessage.MINIMUM, key, session, payload)


def _tell_of_opened(change: SessionChange) -> Messages:
    return _tell_waiting(ClassMessage.SEAT_OPEN, change.extra["entries"], f"{now().timestamp()}")


def _tell_waiting(kind: ClassMessage, entries: Iterable[WaitlistEntry], key: str) -> Messages:
    """At the time for which they wait by now."""
    rows = WaitlistEntry.objects.filter(pk__in=[entry.pk for entry in entries])
    for entry in rows.select_related("customer", "venue", "resource", "group").in_order():
        yield from messages_to_customer(kind, f"{entry.pk}:{key}", entry, entry_payload(entry, None))


TELLERS: dict[SessionNews, Callable[[SessionChange], Messages]] = {
    SessionNews.CHANGED: _tell_of_change,
    SessionNews.SUBSTITUTED: _tell_of_substitute,
    SessionNews.SUBSTITUTE_WANTED: _tell_of_wanted,
    SessionNews.CANCELLED: _tell_of_end,
    SessionNews.LETTER: _tell_letter,
    SessionNews.MINIMUM_NOT_MET: _tell_of_minimum,
    SessionNews.SEATS_OPENED: _tell_of_opened,
}


def tell_of_bookings(*, events: Sequence[ReservationEvent], **kwargs: Any) -> None:
    """Whoever teaches hears of new seats; staff hear of them with all other bookings."""
    write_messages(message for event in events for message in _tell_teacher(event))


def _tell_teacher(event: ReservationEvent) -> Messages:
    seat = event.reservation._state.fields_cache.get("seat_booking")
    if event.kind != EventKind.BOOKED or event.source == Source.IMPORT or not isinstance(seat, SeatBooking):
        return []
    session = recall_session(seat.session_id)
    if session is None or event.actor_id == session.teacher.user_id:
        return []
    if event.source != Source.STAFF and hears_as_staff(session.venue_id, session.teacher.user_id):
        return []
    about = teacher_of(session, event.reservation_id)
    return messages_to_customer(ClassMessage.BOOKED, f"{event.pk}", about, event_payload(event))


def tell_of_instalments(*, instalments: Sequence[Instalment], days: int, **kwargs: Any) -> None:
    kind = ClassMessage.INSTALMENT_DUE if days >= 0 else ClassMessage.INSTALMENT_LATE
    write_messages(message for part in instalments for message in _tell_of_part(kind, part, days))


def _tell_of_part(kind: ClassMessage, part: Instalment, days: int) -> Messages:
    key = f"{part.pk}:{part.due_on}" + (f":{days}" if days >= 0 else "")
    payload: MessagePayload = {
        "part": part.pk,
        "amount": str(part.amount),
        "due_on": part.due_on.isoformat(),
        "days": days,
    }
    return messages_to_customer(kind, key, with_seat(part.booking), payload)


def tell_of_passes(*, passes: Sequence[Pass], days: int, **kwargs: Any) -> None:
    write_messages(message for sold in passes for message in _tell_of_pass(sold))


def _tell_of_pass(sold: Pass) -> list[Message]:
    expires_on = sold.expires_on.isoformat()
    payload: MessagePayload = {"expires_on": expires_on}
    return messages_to_customer(
        ClassMessage.PASS_EXPIRING, f"{sold.pk}:{expires_on}", owner_of(sold), payload
    )


def tell_of_facilitator(*, facilitator: Facilitator, **kwargs: Any) -> None:
    """Managers, of whoever asks to teach; them, once they may."""
    if facilitator.is_approved:
        about = teacher(facilitator, facilitator.pk)
        write_messages(messages_to_customer(ClassMessage.APPROVED, f"{facilitator.pk}", about, {}))
    else:
        write_messages(
            messages_to_staff(ClassMessage.ASKS, f"{facilitator.pk}", facilitator, {}, decides=True)
        )
