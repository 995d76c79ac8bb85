"""What happens to sessions, instalments and passes by the hour; each is safe to repeat."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Max, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from classes.configuration import rules_at
from classes.enums import BelowMinimum, InstalmentStatus, SessionStatus
from classes.finding import lock_sessions
from classes.models import ClassType, Instalment, Pass, SeatBooking, Session
from classes.pass_balance import count_left
from classes.policies.windows import USUAL, Rules, is_time_to_decide, is_waitlist_open
from classes.querysets import SessionQuerySet
from classes.selectors import count_booked
from classes.services.calling_off import cancel_sessions
from classes.services.paying import work_out_payouts
from classes.signals import SessionChange, SessionNews, tell_instalments, tell_passes, tell_sessions
from classes.waiting import key_of_entry, key_of_session, list_entries
from common.clock import epoch_minute
from common.sweeping import Sweep, sweep
from common.transactions import retried_atomic
from reservations.domain.values import SYSTEM
from reservations.enums import Status
from resources.models import Venue
from scheduling.zones import to_minute
from waitlist.models import WaitlistEntry
from waitlist.querysets import WaitlistQuerySet
from waitlist.services import end_waiting
from waitlist.signals import EntryNews

INSTALMENT_DAYS = (7, 1)
"""So many days before it is due people are told."""
LATE = -1
PASS_DAYS = 7
ONE_DAY = timedelta(days=1)
BATCH = 200


def rules_of(session: Session) -> Rules:
    """By the venue's configuration, which is cached."""
    if session.class_type_id is None:
        return USUAL
    return rules_at(session.venue_id).get(session.class_type_id, USUAL)


def complete_sessions(*, now: datetime, limit: int = BATCH) -> int:
    """What is over; and what who taught gets for it."""
    over = Session.objects.active().filter(ends_at__lte=now).order_by("ends_at")
    keys = over.values_list("pk", flat=True)
    return sweep("classes.complete_sessions", keys, partial(_complete, now=now), now=now, limit=limit)


@retried_atomic
def _complete(session_id: int, now: datetime) -> bool:
    session = lock_sessions([session_id])[0]
    if session.status != SessionStatus.ACTIVE or session.ends_at > now:
        return False
    session.status = SessionStatus.COMPLETED
    session.version += 1
    session.save(update_fields=["status", "version"])
    work_out_payouts(session_ids=[session.pk])
    tell_sessions([SessionChange(session, SessionNews.COMPLETED, SYSTEM)])
    return True


def check_minimum(*, now: datetime, limit: int = BATCH) -> int:
    """Too few people, and no time left for more: staff are asked, or it is called off."""
    hours = ClassType.objects.filter(min_attendance__gt=0).aggregate(most=Max("decide_hours"))["most"]
    if hours is None:
        return 0
    rows = Session.objects.active().filter(
        class_type__min_attendance__gt=0,
        minimum_noted_at=None,
        starts_at__gt=now,
        starts_at__lte=now + timedelta(hours=hours),
    )
    # Those that have enough would take the places of a run, and keep them.
    booked = Coalesce(Sum("bookings__seats", filter=Q(bookings__is_active=True)), 0)
    rows = rows.annotate(booked=booked).filter(booked__lt=F("class_type__min_attendance"))
    keys = rows.order_by("starts_at").values_list("pk", flat=True)
    return sweep("classes.check_minimum", keys, partial(_decide, now=now), now=now, limit=limit)


def _decide(session_id: int, now: datetime) -> bool:
    session = Session.objects.select_related("venue", "facilitator").get(pk=session_id)
    rules = rules_of(session)
    if not is_time_to_decide(rules, to_minute(session.starts_at), epoch_minute(now)):
        return False
    booked = count_booked([session]).get(session.pk, 0)
    if booked >= rules.min_attendance:
        return False
    if rules.below_minimum == BelowMinimum.CANCEL:
        reason = _("Too few people have booked.")
        cancel_sessions(ids=[session.pk], actor=SYSTEM, reason=reason, now=now)
        return True
    return _ask_staff(session_id, booked, now)


@retried_atomic
def _ask_staff(session_id: int, booked: int, now: datetime) -> bool:
    session = lock_sessions([session_id])[0]
    if session.status != SessionStatus.ACTIVE or session.minimum_noted_at:
        return False
    session.minimum_noted_at = now
    session.save(update_fields=["minimum_noted_at"])
    news = SessionChange(session, SessionNews.MINIMUM_NOT_MET, SYSTEM, {"booked": booked})
    tell_sessions([news])
    return True


def close_waitlists(*, now: datetime) -> int:
    """Nobody gets a seat any more: shortly before the start, and where there is no session any longer."""
    pools = WaitlistEntry.objects.active().filter(resource__studio_of_seats__isnull=False)
    sessions = _list_sessions_of(pools.order_by().values_list("resource", flat=True).distinct(), now)
    closing = [
        session
        for session in sessions
        if not is_waitlist_open(rules_of(session), to_minute(session.starts_at), epoch_minute(now))
    ]
    run = Sweep("classes.close_waitlists", now=now)
    by_id = {session.pk: session for session in _list_waited_for(closing)}
    return sum(run.attempt(key, lambda id: _close(by_id[id], now)) or 0 for key in run.in_turn(list(by_id)))


def _list_waited_for(sessions: Sequence[Session]) -> list[Session]:
    """Others need no transaction, which takes the database's one lock for writing on SQLite."""
    by_venue: dict[int, list[Session]] = defaultdict(list)
    for session in sessions:
        by_venue[session.venue_id].append(session)
    waited = {key_of_entry(entry) for group in by_venue.values() for entry in list_entries(group)}
    return [session for session in sessions if key_of_session(session) in waited]


def _list_sessions_of(pools: Iterable[int | None], now: datetime) -> list[Session]:
    """That begin soon enough for their line to be closed, or have just begun."""
    minutes = ClassType.objects.aggregate(most=Max("waitlist_close_minutes"))["most"] or 0
    until = now + timedelta(minutes=max(minutes, USUAL.waitlist_close))
    rows = Session.objects.filter(place__seats__in=list(pools), starts_at__lte=until)
    rows = rows.filter(starts_at__gt=now - timedelta(days=1))
    return list(rows.select_related("venue", "place__seats").order_by("pk"))


@retried_atomic
def _close(session: Session, now: datetime) -> int:
    entries = list_entries([session])
    if not entries:
        return 0
    ended = end_waiting(
        entry_ids=[entry.pk for entry in entries], reason="", actor=SYSTEM, news=EntryNews.CLOSED, now=now
    )
    tell_sessions([SessionChange(session, SessionNews.WAITLIST_CLOSED, SYSTEM, {"entries": ended})])
    return len(ended)


def end_other_waits(*, now: datetime) -> int:
    """Whoever has a seat waits for nothing else at that time."""
    waits = _find_waiting_days()
    booked = SeatBooking.objects.active().exclude(reservation__status=Status.HELD)
    rows = booked.filter(customer__in={person for person, _venue in waits})
    rows = rows.filter(session__starts_at__gt=now).order_by("pk")
    fields = rows.values_list("pk", "customer", "venue", "session__starts_at", "session__ends_at")
    # Each is looked at under a lock: only those whose people wait for something near.
    keys = [
        pk
        for pk, person, venue, starts, ends in fields
        if any(
            first <= ends.date() and starts.date() <= last for first, last in waits.get((person, venue), ())
        )
    ]
    run = Sweep("classes.end_other_waits", now=now)
    return sum(run.attempt(key, partial(end_waits_beside, now=now)) or 0 for key in run.in_turn(keys))


def _find_waiting_days() -> dict[tuple[UUID | None, int], list[tuple[date, date]]]:
    """Of each person at a venue: from a day before to a day after, whatever the venue's zone."""
    rows = WaitlistEntry.objects.waiting().filter(resource__studio_of_seats__isnull=False)
    days: dict[tuple[UUID | None, int], list[tuple[date, date]]] = defaultdict(list)
    for person, venue, day, minutes in rows.exclude(customer=None).values_list(
        "customer", "venue", "preferred_on", "duration"
    ):
        days[person, venue].append((day - ONE_DAY, day + timedelta(minutes=minutes) + 2 * ONE_DAY))
    return days


def look_at_waits(seat: SeatBooking, now: datetime) -> None:
    """One query for whoever waits for nothing."""
    if _list_waits(seat).exists():
        end_waits_beside(seat.pk, now=now)


def _list_waits(seat: SeatBooking) -> WaitlistQuerySet:
    person = Q(customer_email=seat.guest_key) if seat.guest_key else Q(pk__in=())
    person |= Q(customer=seat.customer_id) if seat.customer_id else Q(pk__in=())
    entries = WaitlistEntry.objects.waiting().filter(person, venue=seat.venue_id)
    return entries.filter(resource__studio_of_seats__isnull=False)


@retried_atomic
def end_waits_beside(seat_id: int, *, now: datetime) -> int:
    """Waits of the same person for sessions that overlap the one of these seats."""
    booked = SeatBooking.objects.active().exclude(reservation__status=Status.HELD)
    seat = booked.select_related("session").filter(pk=seat_id).first()
    if seat is None:
        return 0
    ids = [entry.pk for session in _list_overlapping(seat.session) for entry in list_entries([session])]
    theirs = list(_list_waits(seat).filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
    return len(_leave(theirs, now))


def _list_overlapping(session: Session) -> SessionQuerySet:
    rows = Session.objects.active().overlapping(session.starts_at, session.ends_at)
    return rows.filter(venue=session.venue_id).select_related("venue", "place")


def _leave(ids: list[UUID], now: datetime) -> list[WaitlistEntry]:
    if not ids:
        return []
    return end_waiting(entry_ids=ids, reason="", actor=SYSTEM, news=EntryNews.LEFT, now=now)


def remind_of_instalments(*, now: datetime, limit: int = BATCH) -> int:
    """A week and a day before, and once when they are late; by the venue's calendar, each once."""
    rows = Instalment.objects.filter(
        _is_to_be_told(now), status=InstalmentStatus.OPEN, booking__is_active=True
    )
    keys = rows.order_by("due_on").values_list("pk", flat=True)
    return sweep("classes.remind_of_instalments", keys, partial(_remind, now=now), now=now, limit=limit)


def _is_to_be_told(now: datetime) -> Q:
    """Only those: others would take the places of a run, and keep them."""
    condition = Q(pk__in=())
    for zone in Venue.objects.order_by().values_list("time_zone", flat=True).distinct():
        today = now.astimezone(ZoneInfo(str(zone))).date()
        step = Q(due_on__lt=today) & ~Q(told=LATE)
        for days in INSTALMENT_DAYS:
            step |= Q(due_on=today + timedelta(days=days)) & ~Q(told=days)
        condition |= Q(venue__time_zone=zone) & step
    return condition


@retried_atomic
def _remind(instalment_id: int, now: datetime) -> bool:
    rows = Instalment.objects.select_for_update(no_key=True, of=("self",)).filter(pk=instalment_id)
    part = rows.select_related("venue", "booking__reservation", "booking__session").get()
    days = (part.due_on - now.astimezone(part.venue.zone).date()).days
    step = max(days, LATE)
    if step == part.told or step not in (*INSTALMENT_DAYS, LATE) or part.status != InstalmentStatus.OPEN:
        return False
    part.told = step
    part.save(update_fields=["told"])
    tell_instalments([part], days)
    return True


def warn_of_passes(*, now: datetime, limit: int = BATCH) -> int:
    """A week before credits are lost, once."""
    rows = Pass.objects.filter(ended_at=None, warned_at=None, paid_at__isnull=False)
    rows = rows.filter(expires_on__range=(now.date(), now.date() + timedelta(days=PASS_DAYS)))
    keys = rows.order_by("expires_on").values_list("pk", flat=True)
    return sweep("classes.warn_of_passes", keys, partial(_warn, now=now), now=now, limit=limit)


@retried_atomic
def _warn(pass_id: int, now: datetime) -> bool:
    rows = Pass.objects.select_for_update(no_key=True, of=("self",)).filter(pk=pass_id)
    sold = rows.select_related("venue", "kind", "customer").get()
    if sold.warned_at:
        return False
    sold.warned_at = now
    sold.save(update_fields=["warned_at"])
    if not count_left([sold])[sold.pk]:
        return False
    tell_passes([sold], (sold.expires_on - now.astimezone(sold.venue.zone).date()).days)
    return True
