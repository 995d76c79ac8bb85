"""Which session seats are booked in: read as plain values, since each booking asks, and locked once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classes.choosing import seen_session
from classes.enums import PRODUCT, SessionStatus, is_retreat
from classes.exceptions import SessionNotFound
from classes.models import PlanTerm, SeatBooking, Session
from common.clock import now as clock_now
from common.database import write_connection
from common.selecting import written_once
from common.transactions import readings_of_change
from reservations.domain.extensions import Proposal
from reservations.models import Reservation
from resources.models import Resource
from scheduling.zones import from_minute

MINUTE = {
    "postgresql": "floor(extract(epoch FROM {}) / 60)::int",
    "sqlite": "CAST(strftime('%%s', {}) AS INTEGER) / 60",
}
CENTS = Decimal("0.0001")


class TeacherFacts(NamedTuple):
    user_id: UUID
    name: str
    email: str


class SessionFacts(NamedTuple):
    """``pool``: the resource of the seats; times are UTC minutes; ``has_line``: somebody waits there.

    ``has_lapsed``: holds of its seats have run out and were not tidied up yet.
    """

    id: int
    venue_id: int
    pool: int
    start: int
    end: int
    published: int | None
    status: str
    title: str
    price: Decimal
    class_type_id: int | None
    policy_id: int | None
    online_capacity: int | None
    session_type: str
    has_tiers: bool
    has_line: bool
    has_lapsed: bool
    teacher: TeacherFacts

    @property
    def is_active(self) -> bool:
        return self.status == SessionStatus.ACTIVE

    @property
    def is_retreat(self) -> bool:
        return is_retreat(self.session_type, has_tiers=self.has_tiers)

    @property
    def starts_at(self) -> datetime:
        return from_minute(self.start)

    @property
    def ends_at(self) -> datetime:
        return from_minute(self.end)

    def is_published(self, minute: int) -> bool:
        return self.published is not None and self.published <= minute

    def is_for(self, proposal: Proposal) -> bool:
        key = (self.pool, self.start, self.end)
        return key == (pool_of(proposal), proposal.span.start, proposal.span.end)


def pool_of(proposal: Proposal) -> int:
    return next(line.bookable.id for line in proposal.lines if line.bookable.extension == PRODUCT)


_HAS_LINE = (
    "EXISTS (SELECT 1 FROM waitlist_waitlistentry w WHERE w.venue_id = s.venue_id AND w.status = 'waiting')"
)


_HAS_LAPSED = (
    "EXISTS (SELECT 1 FROM reservations_reservation r"
    " JOIN classes_seatbooking b ON b.reservation_id = r.id AND b.is_active"
    " WHERE r.expires_at IS NOT NULL AND r.expires_at <= %s AND b.session_id = s.id)"
)


@cache
def _write_sql(vendor: str, condition: str, ending: str = "") -> str:
    start, end, published = (
        MINUTE[vendor].format(f"s.{column}") for column in ("starts_at", "ends_at", "published_at")
    )
    return (
        f"SELECT s.id, s.venue_id, p.seats_id, {start}, {end}, {published}, s.status, s.title, s.price,"
        f" s.class_type_id, s.policy_id, s.online_capacity, s.session_type, s.has_tiers, {_HAS_LINE},"
        f" {_HAS_LAPSED},"
        " f.user_id, f.name, u.email"
        " FROM classes_session s JOIN classes_studio p ON p.id = s.place_id"
        " JOIN classes_facilitator f ON f.id = s.facilitator_id JOIN accounts_user u ON u.id = f.user_id"
        f" WHERE {condition}{ending}"
    )


def _read(condition: str, parameters: list[Any], *, lock: bool = False) -> SessionFacts | None:
    connection = write_connection(Session)
    locks = lock and connection.features.has_select_for_update
    sql = _write_sql(connection.vendor, condition, " FOR NO KEY UPDATE OF s" if locks else "")
    with connection.cursor() as cursor:
        adapt = connection.ops.adapt_datetimefield_value
        cursor.execute(sql, [adapt(clock_now()), *parameters])
        row = cursor.fetchone()
    return None if row is None else _make_facts(row)


def _make_facts(row: Sequence[Any]) -> SessionFacts:
    *plain, user_id, name, email = row
    teacher = TeacherFacts(user_id if isinstance(user_id, UUID) else UUID(user_id), name, email)
    facts = SessionFacts._make((*plain, teacher))
    price = Decimal(str(facts.price)).quantize(CENTS)
    facts = facts._replace(has_line=bool(facts.has_line), has_lapsed=bool(facts.has_lapsed))
    return facts._replace(price=price, has_tiers=bool(facts.has_tiers))


def read_facts(session_id: int) -> SessionFacts | None:
    return _read("s.id = %s", [session_id])


def find_session(proposal: Proposal, *, lock: bool = False) -> SessionFacts | None:
    """The active one with exactly this time."""
    span = proposal.span
    seen = seen_session()
    if readings_of_change() is None and isinstance(seen, SessionFacts) and seen.is_for(proposal):
        return seen
    return find_session_at(pool_of(proposal), span.start, span.end, lock=lock)


def find_session_at(pool: int, start: int, end: int, *, lock: bool = False) -> SessionFacts | None:
    """Read once in a change, and again when it is to be locked."""
    readings, key = readings_of_change(), ("class session", pool, start, end)
    if readings is None:
        return _read_at(pool, start, end)
    found, is_locked = readings.get(key, (None, False))
    if key not in readings or (lock and not is_locked):
        found = _read_at(pool, start, end, lock=lock)
        readings[key] = (found, lock)
        if found is not None:
            readings["class session", found.id] = found
    return found if isinstance(found, SessionFacts) else None


def recall_session(session_id: int) -> SessionFacts | None:
    """As this change has read it."""
    found = (readings_of_change() or {}).get(("class session", session_id))
    return found if isinstance(found, SessionFacts) else read_facts(session_id)


def forget_sessions() -> None:
    """After a session has been changed in this very change."""
    readings = readings_of_change() or {}
    for key in [key for key in readings if isinstance(key, tuple) and key[0] == "class session"]:
        del readings[key]


def _read_at(pool: int, start: int, end: int, *, lock: bool = False) -> SessionFacts | None:
    adapt = write_connection(Session).ops.adapt_datetimefield_value
    return _read(
        "p.seats_id = %s AND s.starts_at = %s AND s.ends_at = %s AND s.status = 'active'",
        [pool, adapt(from_minute(start)), adapt(from_minute(end))],
        lock=lock,
    )


def lock_sessions(ids: Collection[int]) -> list[Session]:
    """Their rows in key order, before any reservation. Raises ``SessionNotFound``."""
    wanted = set(ids)
    sessions = _lock_rows([*wanted]) if wanted else []
    if len(sessions) < len(wanted):
        raise SessionNotFound
    return sessions


@written_once
def _lock_rows(ids: list[int]) -> QuerySet[Session]:
    rows = Session.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)
    related = ("venue", "facilitator__user", "place__seats", "place__room", "class_type")
    return rows.select_related(*related).order_by("pk")


STILL_NEEDED = _("There are sessions to come. Add another studio instead.")


def has_sessions_to_come(pool_id: int) -> bool:
    """Sessions hold back what they don't sell of these seats: as many as there are now."""
    return Session.objects.active().filter(place__seats=pool_id).exists()


def check_pool(pool: Resource) -> dict[str, str | Promise]:
    """What stands in the way of these seats as they are to be, by field."""
    fixed = ("units", "units_by", "overbooking_percent", "kind")
    old = Resource.objects.filter(pk=pool.pk).values(*fixed).first()
    changed = [name for name in fixed if old and old[name] != getattr(pool, name)]
    return dict.fromkeys(changed, STILL_NEEDED) if changed and has_sessions_to_come(pool.pk) else {}


def is_of_course(session_id: int) -> bool:
    """Whose price is no sum of its sessions' prices."""
    return Session.objects.filter(pk=session_id, course__isnull=False).exists()


def has_plan(session_id: int) -> bool:
    return PlanTerm.objects.filter(session=session_id).exists()


def find_title(pool: int, start: int, end: int) -> str:
    """Also of one that was called off; read once in a change."""
    readings, key = readings_of_change(), ("class title", pool, start, end)
    if readings is not None and key in readings:
        return str(readings[key])
    rows = Session.objects.filter(place__seats=pool, starts_at=from_minute(start), ends_at=from_minute(end))
    title = rows.order_by("-pk").values_list("title", flat=True).first() or ""
    if readings is not None:
        readings[key] = title
    return title


def was_called_off(proposal: Proposal) -> bool:
    """Whether there was such a session: a better reason than that there is none."""
    span = proposal.span
    return Session.objects.filter(
        place__seats=pool_of(proposal), starts_at=from_minute(span.start), ends_at=from_minute(span.end)
    ).exists()


def find_seat(reservation: Reservation | None) -> SeatBooking | None:
    if reservation is None:
        return None
    rows = SeatBooking.objects.filter(reservation=reservation).select_related("tier", "pass_use")
    return rows.order_by().first()


def key_of(reservation: Reservation | None) -> UUID | None:
    return reservation.pk if reservation else None
