"""Two rows of each periodic job, of which one is broken: by real data, or by a receiver that fails."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.dispatch import Signal

from accounts.services.guests import sweep_key
from common import clock
from common.models import Job, JobStatus
from common.sealing import seal
from notifications.models import Message
from payments.selectors import UNDER_WAY
from payments.signals import payments_recorded
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.models import ReminderMark, Reservation
from reservations.retention import HistoryPart, history_parts
from reservations.services.deposits import begin_deposit
from reservations.signals import reservations_recorded
from resources.models import BookingRules, Resource, Venue
from tests.factories import (
    at,
    book,
    hold,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
)
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.signals import entries_changed
from waitlist.tests.helpers import join, offer
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.services import create_endpoint

A_LITTLE, AN_HOUR = timedelta(seconds=61), timedelta(hours=1)


@dataclass
class Case:
    """Two rows of a job, the broken one first in line."""

    key: object
    broken: AbstractContextManager[None]
    are_done: Sequence[Callable[[], bool]]
    at: datetime | None = None
    """When the job runs, if not now."""
    lease: timedelta = A_LITTLE
    """After so long the broken row is due again."""

    def done(self) -> list[bool]:
        return [ask() for ask in self.are_done]


@contextmanager
def failing(signal: Signal, name: str, pk: object) -> Iterator[None]:
    """Whoever hears of this row fails."""

    def fail(**kwargs: Any) -> None:
        for about in kwargs[name]:
            row = getattr(about, "entry", getattr(about, "loan", getattr(about, "session", about)))
            if pk in (row.pk, getattr(row, "reservation_id", None), getattr(row, "uuid", None)):
                raise RuntimeError("a receiver fails")

    signal.connect(fail, weak=False)
    try:
        yield
    finally:
        signal.disconnect(fail)


@contextmanager
def nowhere(venue: Venue) -> Iterator[None]:
    """Its time zone is none that exists."""
    _set_zone(venue, "Europe/Nowhere")
    try:
        yield
    finally:
        _set_zone(venue, "Europe/Berlin")


def _set_zone(venue: Venue, zone: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE resources_venue SET time_zone = %s WHERE id = %s", [zone, venue.pk])


@contextmanager
def nonsense_in(rows: Any, **values: Any) -> Iterator[None]:
    before = rows.values(*values).get()
    rows.update(**values)
    try:
        yield
    finally:
        rows.update(**before)


def status_of(row: Any, *statuses: str) -> Callable[[], bool]:
    return lambda: type(row).objects.get(pk=row.pk).status in statuses


def is_there(rows: QuerySet[Any]) -> bool:
    return rows.all().count() == 1


def two(first: Reservation, second: Reservation, status: str, when: datetime) -> Case:
    breaking = failing(reservations_recorded, "events", first.pk)
    return Case(first.pk, breaking, [status_of(each, status) for each in (first, second)], when)


def overdue_holds() -> Case:
    room = make_resource()
    held = hold(room, at(7, 10)), hold(room, at(7, 14))
    return two(*held, Status.EXPIRED, clock.now() + AN_HOUR)


def no_shows() -> Case:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue, release_after=15)
    rooms = make_resource(venue, rules=rules), make_resource(venue, rules=rules)
    booked = book(rooms[0], at(7, 10), minutes=480), book(rooms[1], at(7, 11), minutes=480)
    return two(*booked, Status.NO_SHOW, at(7, 12))


def with_deposit() -> Resource:
    room = make_resource()
    room.rules.deposit_percent = 40
    room.rules.save()
    return room


def unpaid_requests() -> Case:
    room = with_deposit()
    asked = book(room, at(7, 10)), book(room, at(7, 14))
    return two(*asked, Status.EXPIRED, clock.now() + timedelta(minutes=31))


def payments_nobody_heard_of() -> Case:
    room = with_deposit()
    booked = [book(room, at(7, hour)) for hour in (10, 14)]
    first, second = (begin_deposit(each.pk, "fake", Actor(), clock.now()) for each in booked)
    done = [status_of(each, "failed") for each in (first, second)]
    breaking = failing(payments_recorded, "payments", first.pk)
    return Case(first.pk, breaking, done, clock.now() + UNDER_WAY)


def offers_nobody_answered() -> Case:
    offers = [offer(join(make_resource())) for _each in range(2)]
    done = [partial(is_there, WaitlistOffer.objects.filter(pk=each.pk, outcome="expired")) for each in offers]
    breaking = failing(entries_changed, "changes", offers[0].entry_id)
    return Case(offers[0].pk, breaking, done, at=clock.now() + AN_HOUR)


def days_that_are_over() -> Case:
    entries = [join(make_resource()) for _each in range(2)]
    done = [status_of(each, WaitlistStatus.EXPIRED) for each in entries]
    return Case(entries[0].venue_id, nowhere(entries[0].venue), done, at=at(10))


def people_who_wait() -> Case:
    first = make_resource()
    entries = [join(room) for room in (first, make_resource(first.venue))]
    done = [status_of(each, WaitlistStatus.CONTACTED) for each in entries]
    return Case(entries[0].pk, failing(entries_changed, "changes", entries[0].pk), done)


def reminders() -> Case:
    names = [Customer(name=name, email=f"{name}@example.com") for name in ("ada", "grace")]
    booked = [book(make_resource(), at(7, 10), customer=each) for each in names]
    ReminderMark.objects.create(until=at(6, 9))
    sent = Message.objects.filter(kind="reminder")
    done = [partial(is_there, sent.filter(recipient=each.email)) for each in names]
    first = BookingRules.objects.filter(venue=booked[0].venue_id)
    return Case(booked[0].pk, nonsense_in(first, reminder_hours=[24, "soon"]), done, at=at(6, 10))


def messages() -> Case:
    booked = [book(make_resource()) for _each in range(2)]
    rows = [Message.objects.get(venue=each.venue_id) for each in booked]
    done = [status_of(each, "sent") for each in rows]
    return Case(rows[0].pk, nowhere(booked[0].venue), done, lease=timedelta(minutes=6))


def deliveries(url: str) -> Case:
    rooms = [make_resource() for _each in range(2)]
    for room in rooms:
        create_endpoint(venue=room.venue, url=url)
        book(room)
    rows = [WebhookDelivery.objects.get(endpoint__venue=room.venue) for room in rooms]
    endpoint = WebhookEndpoint.objects.filter(venue=rooms[0].venue)
    done = [status_of(each, "sent") for each in rows]
    return Case(rows[0].pk, nonsense_in(endpoint, secret=seal("whsec_x")), done)


def long_requests() -> Case:
    fields = {"user": make_user(), "origin": "http://localhost", "path": "/api/schedule/closures"}
    rows = [Job.objects.create(**fields, body=seal({}), created_at=clock.now()) for _each in range(2)]
    done = [status_of(each, JobStatus.DONE, JobStatus.FAILED) for each in rows]
    breaking = nonsense_in(Job.objects.filter(pk=rows[0].pk), body="sealed by nobody")
    return Case(rows[0].pk, breaking, done, lease=timedelta(minutes=21))


def guests_to_forget() -> Case:
    guests = [Customer(name=name, email=f"{name}@example.com") for name in ("ada", "grace")]
    entries = [join(make_resource(), customer=guest) for guest in guests]
    rows = [WaitlistEntry.objects.filter(pk=entry.pk, customer_email="") for entry in entries]
    breaking = failing(entries_changed, "changes", entries[0].pk)
    return Case(sweep_key(guests[0].email), breaking, [partial(is_there, each) for each in rows], at=at(400))


@contextmanager
def part_failing_for(pk: UUID) -> Iterator[None]:
    """An app cannot let go of what it keeps beside this booking."""

    def fail(ids: Collection[UUID]) -> None:
        if pk in ids:
            raise ValueError("a part fails")

    history_parts.register("tests", HistoryPart(lambda: Q(pk__in=()), fail))
    try:
        yield
    finally:
        history_parts.unregister("tests")


def history() -> Case:
    room = make_resource()
    first, second = (book(room, at(7, hour)) for hour in (10, 11))
    rows = [partial(is_there, Venue.objects.exclude(reservations=each.pk)) for each in (first, second)]
    return Case(first.pk, part_failing_for(first.pk), rows, at=at(100))
