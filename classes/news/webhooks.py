import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import translation
from rest_framework import serializers

from accounts.models import User
from classes.api.booking_shapes import BookedSessionSerializer
from classes.api.shapes import LedSessionSerializer
from classes.enums import PRODUCT, Attendance
from classes.models import SeatBooking, Session
from classes.selectors import count_booked, count_free, sessions_in_detail
from classes.selling import read_selling
from classes.signals import SessionChange, SessionNews
from common.clock import now
from common.serializing import RowShape, Shape
from reservations.models import Reservation
from reservations.news.webhooks import BookingPart, booking_parts
from webhooks.events import Event, EventReport, Json, as_json
from webhooks.events import events as known_events
from webhooks.telling import News, write_deliveries

ATTENDANCE = "attendance.recorded"
NAMES = {
    SessionNews.CREATED: "session.created",
    SessionNews.CHANGED: "session.changed",
    SessionNews.SUBSTITUTED: "session.changed",
    SessionNews.CANCELLED: "session.cancelled",
    SessionNews.COMPLETED: "session.completed",
    SessionNews.ATTENDANCE: ATTENDANCE,
}
PERSONAL = ("booked_by_me", "waiting_by_me")


class ToldSession(LedSessionSerializer):
    """A session as who leads it reads it, after the change."""

    class Meta(LedSessionSerializer.Meta):
        fields = (
            *(name for name in LedSessionSerializer.Meta.fields if name not in PERSONAL),
            "cancel_reason",
        )
        read_only_fields = fields


class ToldAttendance(RowShape[SeatBooking]):
    reservation_id = serializers.UUIDField()
    attendance = serializers.ChoiceField(Attendance.choices)
    quantity = serializers.IntegerField(source="seats", help_text="People")

    class Meta:
        model = SeatBooking
        fields = ("id", "reservation_id", "attendance", "quantity")
        read_only_fields = fields


class AttendanceSerializer(Shape):
    """Who came, of those of whom it was just recorded."""

    session = ToldSession()
    bookings = ToldAttendance(many=True)


EVENTS = {
    "session.created": Event(shape=ToldSession, about="A session was put up."),
    "session.changed": Event(shape=ToldSession, about="Time, place, teacher or anything else has changed."),
    "session.cancelled": Event(shape=ToldSession, about="A session was called off, with all its bookings."),
    "session.completed": Event(shape=ToldSession, about="A session is over."),
    ATTENDANCE: Event(shape=AttendanceSerializer, about="It was recorded who came."),
}


def register() -> None:
    for name, event in EVENTS.items():
        known_events.register(name, event)
    booking_parts.register(PRODUCT, BookingPart(describe_seat, find_leaders))


def tell_of_sessions(*, changes: Sequence[SessionChange], **kwargs: Any) -> None:
    told = [change for change in changes if change.news in NAMES]
    rows = ToldSessions([change.session.pk for change in told])
    write_deliveries([_make_news(change, rows) for change in told])


def _make_news(change: SessionChange, rows: "ToldSessions") -> News:
    session, name = change.session, NAMES[change.news]
    if change.news == SessionNews.ATTENDANCE:
        # It changes no version: who came, and when that was said, tells it apart.
        identity = f"{sorted(change.extra['bookings'].items())}:{now().isoformat()}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:32]
        report: EventReport = AttendanceReport(session.pk, rows, list(change.extra["bookings"]))
        return News(name, session.venue_id, f"{name}:{session.pk}:{key}", report)
    report = SessionReport(session.pk, rows)
    return News(name, session.venue_id, f"{name}:{session.pk}:{session.version}", report)


@dataclass
class ToldSessions:
    """What is told of at once is read at once, when the first report is made."""

    ids: Sequence[int]

    @cached_property
    def by_id(self) -> Mapping[int, Session]:
        return {row.pk: row for row in sessions_in_detail().filter(pk__in=self.ids)}

    @cached_property
    def context(self) -> dict[str, Any]:
        sessions = list(self.by_id.values())
        selling = read_selling(sessions)
        free = count_free(sessions, selling)
        return {"selling": selling, "free": free, "counts": count_booked(sessions)}

    def render(self, session_id: int) -> Json:
        with translation.override(settings.LANGUAGE_CODE):
            return as_json(ToldSession(self.by_id[session_id], context=self.context).data)


class SessionReport(EventReport):
    def __init__(self, session_id: int, rows: ToldSessions) -> None:
        self.session_id, self.rows = session_id, rows

    @cached_property
    def data(self) -> Json:
        return self.rows.render(self.session_id)


class AttendanceReport(SessionReport):
    def __init__(self, session_id: int, rows: ToldSessions, ids: Sequence[int]) -> None:
        super().__init__(session_id, rows)
        self.ids = ids

    @cached_property
    def data(self) -> Json:
        seats = SeatBooking.objects.filter(pk__in=self.ids).order_by("pk")
        bookings = [as_json(ToldAttendance(seat).data) for seat in seats]
        return {"session": self.rows.render(self.session_id), "bookings": bookings}


def describe_seat(reservation: Reservation) -> Json:
    """What stands beside the rest of a booking: the session, as document 004 names it."""
    session = _find_session(reservation)
    return {"session": as_json(BookedSessionSerializer(session).data)} if session else {}


def find_leaders(reservation: Reservation) -> list[User]:
    session = _find_session(reservation)
    return [session.facilitator.user] if session else []


def _find_session(reservation: Reservation) -> Session | None:
    if not any(item.resource.extension == PRODUCT for item in reservation.items.all()):
        return None
    rows = Session.objects.filter(bookings__reservation=reservation.pk)
    return rows.select_related("venue", "facilitator__user").first()
