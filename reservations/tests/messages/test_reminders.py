"""Reminders: when the rules and the customer say, once for each start."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common import clock
from notifications.enums import MessageStatus
from notifications.models import Message
from notifications.tests.helpers import in_hours, moved_to, send_all
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from reservations.messages.names import BookingMessage
from reservations.messages.reminders import reminder_hours_for, schedule_reminders
from reservations.models import ReminderMark, Reservation
from reservations.services import cancel_reservation
from resources.models import Resource
from tests.factories import GUEST, at, book, make_resource, make_rules, make_user, make_venue, open_always

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mark() -> ReminderMark:
    """Reminders were looked for a minute ago."""
    return ReminderMark.objects.create(until=clock.now() - timedelta(minutes=1))


def room(hours: list[int] | None = None, **fields: Any) -> Resource:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue, **({} if hours is None else {"reminder_hours": hours}))
    return make_resource(venue, rules=rules, **fields)


def booked(hours_ahead: float, resource: Resource, user: User | None = None) -> Reservation:
    """Booked long ago, beginning in so many hours."""
    customer = Customer.from_user(user) if user else GUEST
    reservation = book(resource, at(9), customer=customer)
    moved_to(reservation, in_hours(hours_ahead))
    return Reservation.objects.get(pk=reservation.pk)


def reminders() -> list[int]:
    """The hours of those that were written."""
    rows = Message.objects.filter(kind=BookingMessage.REMINDER).order_by("created_at", "pk")
    return [message.payload["hours"] for message in rows]


def test_a_guest_is_reminded_once_when_the_rules_say(outbox: list[Any]) -> None:
    booked(24, room())
    for _turn in range(3):
        schedule_reminders(now=clock.now())
        ReminderMark.objects.update(until=clock.now() - timedelta(minutes=1))
        send_all()
    assert reminders() == [24]
    assert len([mail for mail in outbox if mail.subject.startswith("Reminder:")]) == 1


@pytest.mark.once
@pytest.mark.parametrize("hours", [23.5, 24.5, 2])
def test_not_before_its_moment_and_not_long_after(hours: float) -> None:
    booked(hours, room())
    schedule_reminders(now=clock.now())
    assert reminders() == []


def test_what_was_missed_while_nobody_looked_is_made_up_for(mark: ReminderMark) -> None:
    ReminderMark.objects.update(until=clock.now() - timedelta(hours=12))
    booked(20, room())
    assert schedule_reminders(now=clock.now()) == 1
    assert schedule_reminders(now=clock.now()) == 0
    assert reminders() == [24]


def test_it_looks_once_a_minute() -> None:
    schedule_reminders(now=clock.now())
    booked(24, room())
    assert schedule_reminders(now=clock.now() + timedelta(seconds=30)) == 0
    assert schedule_reminders(now=clock.now() + timedelta(seconds=61)) == 1


def test_the_very_first_look_reminds_of_nothing_old() -> None:
    ReminderMark.objects.all().delete()
    booked(20, room())
    assert schedule_reminders(now=clock.now()) == 0


def test_what_has_begun_is_over() -> None:
    ReminderMark.objects.update(until=clock.now() - timedelta(hours=48))
    booked(-1, room())
    schedule_reminders(now=clock.now())
    assert reminders() == []


def test_who_books_after_the_moment_is_not_reminded_of_it() -> None:
    reservation = booked(24, room())
    Reservation.objects.update(created_at=clock.now())
    assert schedule_reminders(now=reservation.starts_at - timedelta(hours=24)) == 0


def test_two_at_once_write_one() -> None:
    booked(24, room())
    before = ReminderMark.objects.get().until
    schedule_reminders(now=clock.now())
    ReminderMark.objects.update(until=before)
    schedule_reminders(now=clock.now())
    assert reminders() == [24]


def test_moving_reminds_again_and_cancelling_does_not(outbox: list[Any]) -> None:
    first, second = booked(24, room()), booked(24, room())
    schedule_reminders(now=clock.now())
    moved_to(first, in_hours(48))
    cancel_reservation(reservation_id=second.pk, actor=Actor())
    send_all()
    assert set(Message.objects.filter(kind=BookingMessage.REMINDER).values_list("status", flat=True)) == {
        MessageStatus.CANCELLED
    }
    moved_to(first, in_hours(24.5))
    schedule_reminders(now=clock.now() + timedelta(hours=1))
    send_all()
    assert len([mail for mail in outbox if mail.subject.startswith("Reminder:")]) == 1


def test_imports_are_not_reminded_of() -> None:
    reservation = booked(24, room())
    Reservation.objects.filter(pk=reservation.pk).update(source=Source.IMPORT)
    schedule_reminders(now=clock.now())
    assert reminders() == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("rules", "wants", "own", "expected"),
    [
        ([24], True, 24, [24]),
        ([24], True, 48, [48]),
        ([24, 2], True, 48, [2, 48]),
        ([24, 2], True, 1, [1]),
        ([24, 2], False, 48, []),
        ([], True, 48, []),
    ],
)
def test_rules_say_how_often_and_customers_how_early(
    rules: list[int], wants: bool, own: int, expected: list[int]
) -> None:
    user = make_user(wants_reminders=wants, reminder_hours=own)
    assert reminder_hours_for(booked(300, room(rules), user)) == expected


def test_guests_get_what_the_rules_say() -> None:
    assert reminder_hours_for(booked(300, room([48, 2]))) == [2, 48]
    assert reminder_hours_for(booked(300, room([]))) == []


def test_a_customers_own_hours_count() -> None:
    user = make_user(reminder_hours=5)
    booked(5, room(), user)
    booked(24, room(), user)
    schedule_reminders(now=clock.now())
    assert reminders() == [5]


def test_reminders_that_were_switched_off_meanwhile_are_not_sent(outbox: list[Any]) -> None:
    user = make_user()
    booked(24, room(), user)
    schedule_reminders(now=clock.now())
    User.objects.update(wants_reminders=False)
    send_all()
    assert Message.objects.get(kind=BookingMessage.REMINDER).status == MessageStatus.CANCELLED


def test_looking_costs_the_same_for_many() -> None:
    counts = []
    for resources in (1, 4):
        ReminderMark.objects.update(until=clock.now() - timedelta(minutes=1))
        for _each in range(resources):
            booked(24, room(), make_user())
        with CaptureQueriesContext(connection) as queries:
            schedule_reminders(now=clock.now())
        counts.append(len([q for q in queries if not re.search("INSERT|SAVEPOINT", q["sql"])]))
    assert reminders() == [24] * 5
    assert counts[0] == counts[1]


@pytest.mark.once
@pytest.mark.parametrize("hours", [[0], [169], ["24"], [1.5], [True], 24, "24", [1, 2, 3, 4, 5, 6]])
def test_what_rules_may_not_say(hours: Any) -> None:
    rules = make_rules(make_venue())
    rules.reminder_hours = hours
    with pytest.raises(ValidationError):
        rules.full_clean()


def test_an_empty_field_means_none() -> None:
    rules = make_rules(make_venue())
    rules.reminder_hours = None  # what an empty field of the admin gives
    rules.full_clean()
    assert rules.reminder_hours == []
