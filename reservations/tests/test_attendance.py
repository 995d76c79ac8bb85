"""What staff do on the day, and take back."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from notifications.enums import MessageStatus
from notifications.models import Message
from notifications.tests.helpers import send_all
from reservations.domain.values import Actor
from reservations.enums import Source, Status
from reservations.exceptions import BookingRefused, SlotTaken, TransitionNotAllowed
from reservations.messages.names import BookingMessage
from reservations.messages.undoing import TIME_TO_UNDO
from reservations.models import Reservation
from reservations.services import (
    check_in,
    complete_reservation,
    mark_no_show,
    release_no_shows,
    undo_attendance,
)
from resources.models import BookingRules
from tests.factories import book, make_member, make_resource

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
EVENING = datetime(2027, 3, 5, 20, tzinfo=ZoneInfo("America/New_York"))
"""The next day in UTC."""


@pytest.fixture
def booked(early_2027: None) -> Reservation:
    venue_room = make_resource()
    venue = venue_room.venue
    venue.time_zone = "America/New_York"
    venue.save()
    return book(venue_room, EVENING)


@pytest.fixture
def staff(booked: Reservation) -> Actor:
    return Actor(make_member(booked.venue), Source.STAFF)


def test_staff_act_on_the_venues_day_or_within_the_rules_window(booked: Reservation, staff: Actor) -> None:
    midnight = EVENING.replace(hour=0)
    for rule, opens in ((None, midnight), (120, EVENING - HOUR * 2), (2880, EVENING - HOUR * 48)):
        rules = BookingRules.objects.get(venue=booked.venue)
        rules.staff_check_in_opens = rule
        rules.save()
        for service, code in ((check_in, "check_in_closed"), (complete_reservation, "too_soon")):
            with pytest.raises(BookingRefused) as refused:
                service(reservation_id=booked.pk, actor=staff, now=opens - timedelta(minutes=1))
            assert refused.value.code == code
            service(reservation_id=booked.pk, actor=staff, now=opens)
            undo_attendance(reservation_id=booked.pk, actor=staff)


def test_each_step_is_taken_back_alone(booked: Reservation, staff: Actor) -> None:
    mark_no_show(reservation_id=booked.pk, actor=staff, now=EVENING)
    check_in(reservation_id=booked.pk, actor=staff, now=EVENING)
    complete_reservation(reservation_id=booked.pk, actor=staff, now=EVENING)
    seen = [undo_attendance(reservation_id=booked.pk, actor=staff).status for _step in range(3)]
    assert seen == [Status.CHECKED_IN, Status.NO_SHOW, Status.CONFIRMED]
    assert booked.allocations.get().b0 is not None
    with pytest.raises(TransitionNotAllowed):
        undo_attendance(reservation_id=booked.pk, actor=staff)


def test_what_is_in_the_way_is_named(booked: Reservation, staff: Actor) -> None:
    mark_no_show(reservation_id=booked.pk, actor=staff, now=EVENING)
    other = book(booked.items.get().resource, EVENING + timedelta(minutes=30))
    with pytest.raises(SlotTaken) as refused:
        undo_attendance(reservation_id=booked.pk, actor=staff)
    assert refused.value.status == 409
    assert [row["code"] for row in refused.value.extra["in_the_way"]] == [other.code]
    assert other.code in str(refused.value)
    booked.refresh_from_db()
    assert booked.status == Status.NO_SHOW


def test_a_no_show_taken_back_is_not_marked_again(booked: Reservation, staff: Actor) -> None:
    BookingRules.objects.filter(venue=booked.venue).update(release_after=10)
    late = EVENING + timedelta(minutes=15)
    assert release_no_shows(now=late) == 1
    undo_attendance(reservation_id=booked.pk, actor=staff, now=late)
    assert release_no_shows(now=late) == 0


def test_a_check_in_taken_back_is_no_excuse(booked: Reservation, staff: Actor) -> None:
    BookingRules.objects.filter(venue=booked.venue).update(release_after=10)
    check_in(reservation_id=booked.pk, actor=staff, now=EVENING)
    undo_attendance(reservation_id=booked.pk, actor=staff, now=EVENING)
    assert release_no_shows(now=EVENING + timedelta(minutes=15)) == 1


def test_what_was_taken_back_is_not_mailed(booked: Reservation, staff: Actor) -> None:
    mails = Message.objects.filter(kind__in=(BookingMessage.CHECK_IN, BookingMessage.NO_SHOW)).order_by("pk")
    with time_machine.travel(EVENING, tick=False) as clock:
        check_in(reservation_id=booked.pk, actor=staff)
        send_all()
        assert [mail.status for mail in mails.all()] == [MessageStatus.WAITING], "not at once"
        undo_attendance(reservation_id=booked.pk, actor=staff)
        check_in(reservation_id=booked.pk, actor=staff)
        undo_attendance(reservation_id=booked.pk, actor=staff)
        mark_no_show(reservation_id=booked.pk, actor=staff)
        clock.shift(TIME_TO_UNDO)
        send_all()
    assert [mail.status for mail in mails.all()] == [
        MessageStatus.CANCELLED,
        MessageStatus.CANCELLED,
        MessageStatus.SENT,
    ]


def test_what_is_done_again_is_mailed_once(booked: Reservation, staff: Actor) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        for step in (check_in, undo_attendance, check_in, complete_reservation, undo_attendance):
            step(reservation_id=booked.pk, actor=staff)
            clock.shift(10)
        clock.shift(TIME_TO_UNDO)
        send_all()
    mails = Message.objects.filter(kind=BookingMessage.CHECK_IN).order_by("pk")
    assert [mail.status for mail in mails] == [MessageStatus.CANCELLED, MessageStatus.SENT]
