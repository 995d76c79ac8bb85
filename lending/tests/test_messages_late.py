"""Who is told of what is late, and who is not."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from accounts.models import User
from common import clock
from common.periodic import jobs
from lending import services
from lending.messages.reminders import list_overdue_venues, tell_overdue
from lending.models import Loan
from lending.tests.helpers import STAFF, ask, in_minutes, make_thing, rules_of
from lending.tests.test_messages import status_when_sent
from notifications.enums import MessageStatus
from notifications.models import Message
from notifications.rendering import render_message
from notifications.tests.helpers import kinds_to, send_all
from reservations.domain.values import SYSTEM
from resources.models import Resource
from tests.factories import at, make_member, make_user, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
Act = Callable[[Resource, User], Any]


def test_staff_get_one_list_a_day_of_what_is_overdue() -> None:
    venue = make_venue()
    boss = make_member(venue, email="boss@example.com")
    rules = rules_of(make_thing(venue, loan_period=60))
    people = [make_user(first_name=name, last_name="Gray") for name in ("Ada", "Bob")]
    for person in people:
        thing = make_thing(venue, rules)
        ask(thing, person)
    assert kinds_to(boss.email) == []
    eight = datetime.combine(at(2).date(), time(8), venue.zone)
    minute, day = timedelta(minutes=1), timedelta(days=1)
    counts = []
    for moment in (eight - minute, eight, eight + 300 * minute, eight + day):
        with time_machine.travel(moment, tick=False):
            for _worker in range(2):
                jobs["lending.tell_overdue"].perform(clock.now())
            counts.append(len(kinds_to(boss.email)))
    assert counts == [0, 1, 1, 2]
    with time_machine.travel(eight + day):
        send_all()
    text = mail.outbox[-1].body
    assert "Ada Gray" in text
    assert "Bob Gray" in text
    assert f"/lend/desk/{venue.slug}/" in text
    assert "2 overdue" in mail.outbox[-1].subject
    for loan in Loan.objects.out():
        services.return_loan(loan_id=loan.uuid, actor=STAFF)
    assert list(list_overdue_venues()) == []
    with time_machine.travel(eight + 2 * day):
        tell_overdue(now=clock.now(), venue_id=venue.pk)
        assert status_when_sent("staff_loan_overdue") == MessageStatus.CANCELLED


def test_nothing_is_told_of_who_is_gone() -> None:
    thing = make_thing(pickup_window=60)
    loan = ask(thing)
    User.objects.filter(pk=loan.borrower_id).update(is_active=False)
    before = Message.objects.count()
    services.drop_inactive(now=clock.now())
    assert Message.objects.count() == before
    assert SYSTEM.user is None


@pytest.mark.parametrize("window", [None, 600])
def test_nobody_is_blamed_for_what_was_never_there(window: int | None) -> None:
    thing = make_thing(pickup_window=window)
    booked = ask(thing, wanted_from=in_minutes(60), wanted_until=in_minutes(120))
    late = ask(thing)
    if window:
        services.hand_out(loan_id=late.uuid, actor=STAFF)
    for moment in (in_minutes(61), in_minutes(121)):
        services.begin_dated(now=moment)
        services.end_leases(now=moment)
        services.expire_requests(now=moment)
    told = Message.objects.get(kind="loan_lapsed", subject_id=str(booked.uuid))
    text = render_message(told, "en").text
    assert "picked up" not in text
    assert "wasn't available in time" in text
