"""What messages about classes are about, and read of it when they are rendered."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts.models import User
from classes.enums import SessionStatus
from classes.messages.leaving import list_left
from classes.messages.names import ClassMessage
from classes.messages.reminders import sessions_on
from classes.models import ClassType, Facilitator, Pass, PassKind, SeatBooking, Session, Studio
from classes.pass_balance import count_left
from classes.selectors import count_booked
from classes.whereabouts import describe_studio
from classes.words import name_place
from common.clock import now
from common.templatetags.holdfast import zone_words
from notifications.kinds import MessagePayload, Topic, Values
from notifications.models import Message
from notifications.wording import Wording
from reservations.enums import SUBJECT as BOOKING
from reservations.enums import Status
from reservations.links import manage_path
from reservations.models import Reservation

if TYPE_CHECKING:
    from resources.models import Venue

START = datetime(2030, 6, 14, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOST_NAMES = 60

WHAT = (
    ("resource", pgettext_lazy("message", "What")),
    ("when", pgettext_lazy("message", "When")),
    ("old_when", pgettext_lazy("message", "Previous time")),
    ("place", pgettext_lazy("message", "Where")),
    ("address", pgettext_lazy("message", "Address")),
    ("teacher", pgettext_lazy("message", "With")),
    ("booked", pgettext_lazy("message", "People booked")),
)


def session_path(session: Session) -> str:
    return reverse("classes-session", args=[session.venue.slug, session.pk or 1])


def studio_path(session: Session) -> str:
    """Where staff decide what becomes of it."""
    return reverse("studio-session", args=[session.venue.slug, session.pk or 1])


def teach_path(session: Session) -> str:
    """What one teaches, and what colleagues ask for."""
    return reverse("teach")


def describe_session(
    session: Session, payload: MessagePayload, wording: Wording, *, only_public: bool = False
) -> Values:
    """``only_public``: without names of teachers that are not shown to customers."""
    old: MessagePayload = {name: payload[name] for name in ("starts_at", "ends_at") if name in payload}
    teacher = session.facilitator
    return {
        "resource": session.title,
        "date": wording.day(session.starts_at),
        "start": wording.time(session.starts_at),
        "when": wording.span(session.starts_at, session.ends_at),
        "old_when": _describe_old(session, old, wording) if old else "",
        "party_size": "",
        **_describe_where(session),
        "teacher": teacher.name if teacher.is_public or not only_public else "",
        "before": _name_former(payload.get("before"), only_public=only_public),
    }


def _describe_where(session: Session) -> Values:
    """The venue's address only where that leads to it."""
    place = describe_studio(session.place)
    return {"place": place.name} | ({} if place.is_at_venue else {"address": ""})


def _name_former(former: int | str | None, *, only_public: bool) -> str:
    if not isinstance(former, int):
        return former or ""  # a sample's
    rows = Facilitator.objects.public() if only_public else Facilitator.objects.all()
    return rows.filter(pk=former).values_list("name", flat=True).first() or ""


def _describe_old(session: Session, old: MessagePayload, wording: Wording) -> str:
    start = datetime.fromisoformat(old.get("starts_at", session.starts_at.isoformat()))
    end = datetime.fromisoformat(old.get("ends_at", session.ends_at.isoformat()))
    return wording.span(start, end)


class SessionTopic(Topic):
    """For those who teach, and staff."""

    labels = WHAT
    links = {"session_url": session_path, "studio_url": studio_path, "teach_url": teach_path}

    def load(self, subject_id: str) -> Session | None:
        rows = Session.objects.select_related("venue", "facilitator", "place", "class_type")
        return rows.filter(pk=subject_id).first()

    def values(self, message: Message, subject: Session, wording: Wording) -> Values:
        payload = message.payload
        booked = payload["booked"] if "booked" in payload else count_booked([subject]).get(subject.pk, 0)
        shows_booked = "booked" in payload or subject.is_active
        minimum = subject.class_type.min_attendance if subject.class_type else 0
        return describe_session(subject, payload, wording) | {
            "booked": _("%(booked)s of %(capacity)s") % {"booked": booked, "capacity": subject.capacity}
            if shows_booked
            else "",
            "minimum": str(minimum),
            "reason": payload.get("reason", ""),
            "note": subject.substitute_note,
        }

    def admin_path(self, subject_id: str) -> str:
        session = self.load(subject_id)
        return session_path(session) if session else ""

    def sample(self, kind: str, venue: "Venue") -> tuple[Session, MessagePayload]:
        session = _sample_session(venue)
        payload: MessagePayload = {"booked": 3}
        if kind in (ClassMessage.LEADS_NOW, ClassMessage.SUBSTITUTE_FOUND):
            payload["before"] = "Grace Hopper"
        if kind == ClassMessage.CHANGED:
            payload |= {
                "starts_at": (START - 24 * HOUR).isoformat(),
                "ends_at": (START - 23 * HOUR).isoformat(),
            }
        if kind == ClassMessage.CALLED_OFF:
            session.status, payload = SessionStatus.CANCELLED, {"reason": _("The teacher is ill.")}
        return session, payload


def _sample_session(venue: "Venue") -> Session:
    return Session(
        venue=venue,
        title="Green room",
        facilitator=Facilitator(venue=venue, name="Alan Turing"),
        class_type=ClassType(venue=venue, title="Yoga", min_attendance=5),
        place=Studio(venue=venue, name="Lake"),
        starts_at=START,
        ends_at=START + HOUR,
        capacity=10,
    )


def seat_path(seat: SeatBooking) -> str:
    return manage_path(seat.reservation)


class SeatTopic(Topic):
    """For those who have booked."""

    labels = (
        *WHAT[:-1],
        ("amount", pgettext_lazy("message", "Amount")),
        ("due", pgettext_lazy("message", "Due")),
    )
    links = {"manage_url": seat_path}
    long = frozenset({"letter"})

    def load(self, subject_id: str) -> SeatBooking | None:
        related = ("session__venue", "session__facilitator", "session__place", "reservation__venue")
        return SeatBooking.objects.select_related(*related).filter(pk=subject_id).first()

    def values(self, message: Message, subject: SeatBooking, wording: Wording) -> Values:
        payload, session = message.payload, subject.session
        values = describe_session(session, payload, wording, only_public=True)
        values["letter"] = payload.get("letter", "")
        if "amount" in payload:
            values |= {
                "amount": wording.money(payload["amount"], subject.reservation.currency),
                "due": wording.day(date.fromisoformat(payload["due_on"])),
            }
        return values

    def told_before(self, subject: SeatBooking) -> tuple[str, str]:
        return BOOKING, str(subject.reservation_id)

    def admin_path(self, subject_id: str) -> str:
        seat = self.load(subject_id)
        return reverse("admin:reservations_reservation_change", args=[seat.reservation_id]) if seat else ""

    def sample(self, kind: str, venue: "Venue") -> tuple[SeatBooking, MessagePayload]:
        reservation = Reservation(venue=venue, currency=venue.currency, status=Status.CONFIRMED)
        seat = SeatBooking(venue=venue, session=_sample_session(venue), reservation=reservation)
        if kind == ClassMessage.TEACHER:
            return seat, {"before": "Grace Hopper"}
        if kind == ClassMessage.LETTER:
            return seat, {"letter": _("Please bring a blanket.")}
        return seat, {"amount": "60", "due_on": START.date().isoformat(), "days": 7, "part": 0}


def own_path(sold: Pass) -> str:
    return reverse("my-reservations")


class PassTopic(Topic):
    labels = (
        ("resource", pgettext_lazy("message", "Pass")),
        ("credits", pgettext_lazy("message", "Credits left")),
        ("date", pgettext_lazy("message", "Valid until")),
    )
    links = {"own_url": own_path}

    def load(self, subject_id: str) -> Pass | None:
        return Pass.objects.select_related("kind", "customer", "venue").filter(pk=subject_id).first()

    def values(self, message: Message, subject: Pass, wording: Wording) -> Values:
        left = count_left([subject]).get(subject.pk, subject.credits) if subject.pk else subject.credits
        day = wording.day(date.fromisoformat(message.payload["expires_on"]))
        return {
            "resource": subject.kind.name,
            "date": day,
            "when": day,
            "party_size": "",
            "credits": str(left),
        }

    def admin_path(self, subject_id: str) -> str:
        return ""

    def sample(self, kind: str, venue: "Venue") -> tuple[Pass, MessagePayload]:
        kind_of_pass = PassKind(venue=venue, name="Green room")
        customer = User(first_name="Ada", last_name="Lovelace", email="ada@example.com")
        sold = Pass(venue=venue, kind=kind_of_pass, customer=customer, credits=4, price=Decimal(90))
        return sold, {"expires_on": START.date().isoformat()}


def own_classes_path(facilitator: Facilitator) -> str:
    return reverse("teach")


def people_path(facilitator: Facilitator) -> str:
    return reverse("studio-people", args=[facilitator.venue.slug])


class ProfileTopic(Topic):
    """Somebody who would like to teach, or may now."""

    labels = (
        ("teacher", pgettext_lazy("message", "Name")),
        ("email", pgettext_lazy("message", "Email")),
        ("teaches", pgettext_lazy("message", "Teaches")),
    )
    links = {"people_url": people_path, "teach_url": own_classes_path}

    def load(self, subject_id: str) -> Facilitator | None:
        return Facilitator.objects.select_related("venue", "user").filter(pk=subject_id).first()

    def values(self, message: Message, subject: Facilitator, wording: Wording) -> Values:
        return {"teacher": subject.name, "email": subject.user.email, "teaches": subject.specialization}

    def sample(self, kind: str, venue: "Venue") -> tuple[Facilitator, MessagePayload]:
        user = User(first_name="Alan", last_name="Turing", email="alan@example.com")
        return Facilitator(venue=venue, user=user, name="Alan Turing", specialization="Yoga"), {}


class RosterTopic(Topic):
    """What somebody teaches on a day; the subject is the facilitator."""

    links = {"teach_url": own_classes_path}
    long = frozenset({"list"})

    def load(self, subject_id: str) -> Facilitator | None:
        return Facilitator.objects.select_related("venue").filter(pk=subject_id).first()

    def values(self, message: Message, subject: Facilitator, wording: Wording) -> Values:
        day = date.fromisoformat(message.payload["on"])
        if subject.pk:
            sessions = [each for each in sessions_on(day, subject.venue) if each.facilitator_id == subject.pk]
            names = _read_names(sessions)
        else:
            sessions = [_sample_session(subject.venue)]
            names = {None: ["Ada Lovelace", "Grace Hopper (2)"]}
        lines = [_describe_roster(session, names.get(session.pk, []), wording) for session in sessions]
        number = ngettext("%(number)d class", "%(number)d classes", len(sessions)) % {"number": len(sessions)}
        is_today = day == now().astimezone(subject.venue.zone).date()
        return {
            "day": _("Today") if is_today else _("Tomorrow"),
            "list": "\n\n".join(lines),
            "number": number,
            "date": f"{wording.day(day)} ({zone_words(wording.zone)})",
        }

    def admin_path(self, subject_id: str) -> str:
        return ""

    def sample(self, kind: str, venue: "Venue") -> tuple[Facilitator, MessagePayload]:
        return Facilitator(venue=venue, name="Alan Turing"), {"on": START.date().isoformat()}


class LeftTopic(Topic):
    """Who has cancelled with somebody; the subject is the facilitator."""

    links = {"teach_url": own_classes_path}
    long = frozenset({"list"})

    def load(self, subject_id: str) -> Facilitator | None:
        return Facilitator.objects.select_related("venue").filter(pk=subject_id).first()

    def values(self, message: Message, subject: Facilitator, wording: Wording) -> Values:
        seats = list_left(message) if subject.pk else _sample_left(subject.venue)
        session, is_one = seats[0].session, len(seats) == 1
        booked = count_booked([seat.session for seat in seats if seat.pk])
        by_session = groupby(seats, key=lambda seat: seat.session_id)
        lines = [_describe_left(list(group), booked, wording) for _id, group in by_session]
        number = ngettext("%(number)d booking", "%(number)d bookings", len(seats)) % {"number": len(seats)}
        return {
            "list": "\n\n".join(lines),
            "number": number,
            "customer": seats[0].reservation.who if is_one else "",
            "resource": session.title if is_one else "",
            "date": wording.day(session.starts_at) if is_one else "",
            "start": wording.time(session.starts_at) if is_one else "",
        }

    def admin_path(self, subject_id: str) -> str:
        return ""

    def sample(self, kind: str, venue: "Venue") -> tuple[Facilitator, MessagePayload]:
        return Facilitator(venue=venue, name="Alan Turing"), {}


def _sample_left(venue: "Venue") -> list[SeatBooking]:
    reservation = Reservation(venue=venue, customer_name="Ada Lovelace")
    return [SeatBooking(venue=venue, session=_sample_session(venue), reservation=reservation, seats=2)]


def _name_with_seats(seat: SeatBooking) -> str:
    who = seat.reservation.who
    return f"{who} ({seat.seats})" if seat.seats > 1 else who


def _describe_left(seats: list[SeatBooking], booked: dict[int, int], wording: Wording) -> str:
    """Of one session, with what is free by now."""
    session, names = seats[0].session, [_name_with_seats(seat) for seat in seats]
    head = f"{session.title}, {wording.span(session.starts_at, session.ends_at)}, {name_place(session.place)}"
    shown = [*names[:MOST_NAMES], *(["…"] if len(names) > MOST_NAMES else [])]
    left = _("Seats left: %(left)d of %(capacity)d") % {
        "left": max(session.capacity - booked.get(session.pk, 0), 0),
        "capacity": session.capacity,
    }
    return "\n".join((head, ", ".join(shown), left))


def _read_names(sessions: "list[Session]") -> "dict[int | None, list[str]]":
    rows = SeatBooking.objects.filter(session__in=sessions).taking_seats(now()).select_related("reservation")
    names: dict[int | None, list[str]] = {session.pk: [] for session in sessions}
    for seat in rows.exclude(reservation__status=Status.HELD).order_by("pk"):
        names[seat.session_id].append(_name_with_seats(seat))
    return names


def _describe_roster(session: Session, names: list[str], wording: Wording) -> str:
    span = f"{wording.time(session.starts_at)} \N{EN DASH} {wording.end(session.starts_at, session.ends_at)}"
    head = f"{span} {session.title}, {name_place(session.place)}"
    shown = [*names[:MOST_NAMES], *(["…"] if len(names) > MOST_NAMES else [])]
    return f"{head}\n{', '.join(shown) or _('Nobody has booked yet.')}"
