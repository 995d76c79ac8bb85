"""What people are told: at once, by the hour, each once, and only while it is so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common import clock
from lending import services
from lending.messages.reminders import remind
from lending.models import Loan
from lending.tests.helpers import NOBODY, STAFF, ask, in_minutes, make_thing, rules_of
from notifications.enums import Channel, MessageStatus
from notifications.models import Message
from notifications.tests.helpers import kinds_to, send_all
from reservations.domain.values import Actor
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, make_member, make_user, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]
Act = Callable[[Resource, User], Any]


def by(person: User) -> Actor:
    return Actor(person)


def lent(thing: Resource, person: User) -> Loan:
    return ask(thing, person, actor=by(person))


def queued(thing: Resource, person: User) -> Loan:
    ask(thing)
    return lent(thing, person)


def promoted(thing: Resource, person: User) -> None:
    first, _second = ask(thing), lent(thing, person)
    services.return_loan(loan_id=first.uuid, actor=NOBODY)


def declined(thing: Resource, person: User) -> None:
    services.decline_loan(loan_id=queued(thing, person).uuid, actor=STAFF, reason="Broken")


def left(thing: Resource, person: User) -> None:
    services.cancel_loan(loan_id=queued(thing, person).uuid, actor=by(person))


def cancelled_by_staff(thing: Resource, person: User) -> None:
    services.cancel_loan(loan_id=queued(thing, person).uuid, actor=STAFF)


def returned(thing: Resource, person: User) -> None:
    services.return_loan(loan_id=lent(thing, person).uuid, actor=by(person))


def taken_back(thing: Resource, person: User) -> None:
    services.force_return(loan_id=lent(thing, person).uuid, actor=STAFF, reason="Fire drill")


def recalled(thing: Resource, person: User) -> None:
    services.recall_loan(loan_id=lent(thing, person).uuid, actor=STAFF, reason="Inspection")


def not_kept(thing: Resource, person: User) -> None:
    lent(thing, person)
    services.end_leases(now=clock.now() + timedelta(hours=2))


def given_up(thing: Resource, person: User) -> None:
    queued(thing, person)
    services.end_leases(now=clock.now() + timedelta(hours=2))


def swapped(thing: Resource, person: User) -> None:
    other = make_thing(thing.venue, rules_of(thing))
    services.swap_loan(loan_id=lent(thing, person).uuid, actor=STAFF, resource_id=other.pk)


def marked_lost(thing: Resource, person: User) -> None:
    services.mark_lost(loan_id=lent(thing, person).uuid, actor=STAFF, reason="Stolen")


def renewed(thing: Resource, person: User) -> None:
    at = clock.now() + timedelta(hours=1)
    services.renew_loan(loan_id=lent(thing, person).uuid, actor=STAFF, now=at)


def renewed_alone(thing: Resource, person: User) -> None:
    at = clock.now() + timedelta(hours=1)
    services.renew_loan(loan_id=lent(thing, person).uuid, actor=by(person), now=at)


def paused(thing: Resource, person: User) -> None:
    services.suspend_loan(loan_id=queued(thing, person).uuid, actor=STAFF)


def paused_alone(thing: Resource, person: User) -> None:
    services.suspend_loan(loan_id=queued(thing, person).uuid, actor=by(person))


def moved(thing: Resource, person: User) -> None:
    loan, other = queued(thing, person), ask(thing)
    services.move_loan(loan_id=loan.uuid, actor=STAFF, reason="Exam")
    services.move_loan(loan_id=other.uuid, actor=STAFF, reason="Exam")


WEEK: dict[str, Any] = {"loan_period": 7 * 1440}
SHELF: dict[str, Any] = {**WEEK, "pickup_window": 1440}
TABLE: dict[str, tuple[dict[str, Any], Act, list[str]]] = {
    "taken, as long as it takes": ({}, lent, []),
    "taken, with a date to keep": (WEEK, lent, ["loan_approved"]),
    "waits": ({}, queued, ["loan_requested"]),
    "next": ({}, promoted, ["loan_requested", "loan_approved"]),
    "declined": ({}, declined, ["loan_requested", "loan_declined"]),
    "has left the queue": ({}, left, ["loan_requested"]),
    "cancelled by staff": ({}, cancelled_by_staff, ["loan_requested", "loan_declined"]),
    "brought back, without a date": ({}, returned, []),
    "brought back in time": (WEEK, returned, ["loan_approved", "loan_returned"]),
    "taken back": ({}, taken_back, ["loan_returned"]),
    "recalled": ({}, recalled, ["loan_recalled"]),
    "lease over": ({"lease": 60}, not_kept, ["loan_lapsed"]),
    "not fetched": ({"pickup_window": 60}, not_kept, ["loan_approved", "loan_lapsed"]),
    "place not kept": ({"queue_lease": 60}, given_up, ["loan_requested", "loan_lapsed"]),
    "swapped": (WEEK, swapped, ["loan_approved", "loan_swapped"]),
    "marked as lost": ({}, marked_lost, ["loan_lost"]),
    "renewed by staff": (WEEK, renewed, ["loan_approved", "loan_renewed"]),
    "renewed": (WEEK, renewed_alone, ["loan_approved"]),
    "paused by staff": ({}, paused, ["loan_requested", "loan_paused"]),
    "paused": ({}, paused_alone, ["loan_requested"]),
    "moved": ({}, moved, ["loan_requested", "loan_moved"]),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_borrower_is_told(case: str) -> None:
    rules, act, expected = TABLE[case]
    person = make_user("ada@example.com", first_name="Ada")
    act(make_thing(**rules), person)
    assert kinds_to("ada@example.com") == expected
    assert set(Message.objects.values_list("channel", flat=True)) <= {Channel.EMAIL}


def test_mails_say_what_where_until_when_and_lead_to_the_loan() -> None:
    thing = make_thing(make_venue(name="Werkstatt", city="Berlin"), **SHELF)
    person = make_user("ada@example.com", first_name="Ada", language="en")
    loan = lent(thing, person)
    send_all()
    sent: Any = mail.outbox[0]
    assert sent.subject == f"Ready to pick up: {thing.name}"
    assert f"/lend/mine/{loan.uuid}/" in sent.body
    for part in ("Werkstatt", "Berlin", "Return by", "Pick up by", "(Berlin time)"):
        assert part in sent.body
    [invitation] = [each for each in sent.alternatives if "calendar" in each.mimetype]
    assert "METHOD:REQUEST" in invitation.content
    assert f"UID:loan-{loan.uuid}@" in invitation.content.replace("\r\n ", "")

    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    [row] = Message.objects.filter(subject_id=loan.uuid)
    page = client.get(reverse("admin:notifications_message_change", args=[row.pk])).content.decode()
    link = reverse("admin:lending_loan_change", args=[loan.pk])
    assert f'<a href="{link}">{thing.name} ({loan.pk})</a>' in page

    services.hand_out(loan_id=loan.uuid, actor=STAFF)
    services.return_loan(loan_id=loan.uuid, actor=STAFF)
    send_all()
    last: Any = mail.outbox[-1]
    [gone] = [each for each in last.alternatives if "calendar" in each.mimetype]
    assert "METHOD:CANCEL" in gone.content


def test_what_staff_change_is_told_with_what_it_was_and_why() -> None:
    for act, words in (
        (swapped, ("Swapped: ", "instead of {old}.")),
        (marked_lost, ("Marked as lost: ", "Reason: Stolen")),
        (paused, ("Paused: ", "until you resume.")),
        (moved, ("Your place in line has changed: ", "Reason: Exam", "Place in line: 1")),
    ):
        thing, person = make_thing(), make_user(language="en")
        act(thing, person)
        send_all()
        told = [each for each in mail.outbox if person.email in each.to[0]][-1]
        for part in words:
            assert part.format(old=thing.name) in f"{told.subject}\n{told.body}"


def test_what_begins_later_is_booked_and_not_ready() -> None:
    """Until it can be fetched, with or without a time for that."""
    dates: dict[str, Any] = {"wanted_from": in_minutes(600), "wanted_until": in_minutes(700)}
    ask(make_thing(pickup_window=30), **dates)
    ask(make_thing(), **dates)
    send_all()
    for sent, is_fetched in zip(mail.outbox, (True, False), strict=True):
        assert sent.subject.startswith("It's booked for you: ")
        assert "It's booked for you at" in sent.body
        assert "ready" not in sent.body
        assert ("Pick it up by" in sent.body) == is_fetched
    with time_machine.travel(in_minutes(605)):
        ask(make_thing(pickup_window=30), wanted_from=in_minutes(0), wanted_until=in_minutes(9))
        send_all()
        assert mail.outbox[-1].subject.startswith("Ready to pick up: ")


def test_place_and_wait_are_told_as_they_are_when_it_is_sent() -> None:
    thing = make_thing(loan_period=120)
    ask(thing)
    ask(thing)
    lent(thing, make_user("ada@example.com"))
    send_all()
    text = next(each.body for each in mail.outbox if "ada@example.com" in each.to[0])
    assert "Place in line: 2" in text
    assert "at the latest" in text
    assert "then staff decide" not in text
    thing = make_thing(loan_period=120, approval="manual")
    services.approve_loan(loan_id=ask(thing).uuid, actor=STAFF)
    lent(thing, make_user("bob@example.com"))
    send_all()
    assert "at the latest, then staff decide" in mail.outbox[-1].body


def test_text_messages_go_to_whom_something_happens_and_who_wants_them() -> None:
    thing = make_thing()
    first = ask(thing)
    person = make_user("ada@example.com", phone="+491701234567", wants_sms=True)
    lent(thing, person)
    services.return_loan(loan_id=first.uuid, actor=NOBODY)
    texts = Message.objects.filter(channel=Channel.SMS)
    assert list(texts.values_list("kind", "recipient")) == [("loan_approved", "+491701234567")]


def status_when_sent(kind: str) -> str:
    send_all()
    return Message.objects.filter(kind=kind).latest("created_at").status


def test_what_is_no_longer_so_is_not_sent() -> None:
    thing = make_thing(**SHELF)
    ready = ask(thing)
    waiting = ask(thing)
    services.cancel_loan(loan_id=waiting.uuid, actor=by(waiting.borrower))
    assert status_when_sent("loan_requested") == MessageStatus.CANCELLED
    services.cancel_loan(loan_id=ready.uuid, actor=by(ready.borrower))
    ask(thing)
    late = Message.objects.filter(kind="loan_approved", subject_id=str(ready.uuid))
    assert late.get().status == MessageStatus.SENT
    recalled(make_thing(**WEEK), make_user())
    services.return_loan(loan_id=Loan.objects.out().get().uuid, actor=STAFF)
    assert status_when_sent("loan_recalled") == MessageStatus.CANCELLED


def test_staff_are_told_what_they_have_to_decide() -> None:
    thing = make_thing(approval="manual", loan_period=60)
    boss = make_member(thing.venue, Role.MANAGER, email="boss@example.com")
    first = ask(thing)
    assert kinds_to("boss@example.com") == ["staff_loan_approval"]
    services.approve_loan(loan_id=first.uuid, actor=by(boss))
    ask(thing)  # has to wait: there is nothing to decide yet
    ask(thing, wanted_from=at(300), wanted_until=at(301))
    assert kinds_to("boss@example.com") == ["staff_loan_approval"] * 2
    assert kinds_to(first.borrower.email)[-1] == "loan_approved"


def test_whoever_comes_next_is_warned_while_it_is_out() -> None:
    thing = make_thing(loan_period=60)
    make_member(thing.venue, email="boss@example.com")
    open_always(thing.venue)
    late = ask(thing)
    noon = in_minutes(300).replace(minute=0)
    after = ask(thing, wanted_from=noon, wanted_until=noon + timedelta(hours=1))
    guest = book(thing, noon + timedelta(hours=2), minutes=60)
    with time_machine.travel(in_minutes(120)):
        services.warn_of_clashes(now=clock.now())
        services.warn_of_clashes(now=clock.now())
        assert kinds_to("boss@example.com").count("staff_loan_at_risk") == 1
        assert kinds_to(after.borrower.email)[-1] == "loan_at_risk"
        services.cancel_loan(loan_id=after.uuid, actor=by(after.borrower))
        services.warn_of_clashes(now=clock.now())
        assert kinds_to(guest.customer_email)[-1] == "booking_at_risk"
        services.return_loan(loan_id=late.uuid, actor=STAFF)
        for kind in ("loan_at_risk", "booking_at_risk", "staff_loan_at_risk"):
            assert status_when_sent(kind) == MessageStatus.CANCELLED


# --- by the hour ---


def due_of(loan: Loan) -> datetime:
    assert loan.due_at is not None
    return loan.due_at


def told_at(kind: str, *moments: datetime) -> list[int]:
    """How many there are after each run; every run is made twice, as by two workers."""
    counts = []
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            remind(now=clock.now())
            remind(now=clock.now())
        counts.append(Message.objects.filter(kind=kind).count())
    return counts


def test_what_is_due_is_told_before() -> None:
    loan = ask(make_thing(**WEEK, reminder_hours=[48, 2]))
    due, hour = due_of(loan), timedelta(hours=1)
    early = due - 24 * hour  # the account wants the first one a day before
    moments = (early - hour, early, early + hour, due - 2 * hour, due - hour)
    assert told_at("loan_due", *moments) == [0, 1, 1, 2, 2]
    with time_machine.travel(due - hour):
        assert status_when_sent("loan_due") == MessageStatus.SENT
        assert mail.outbox[-1].subject.startswith("Return by ")


def test_reminders_follow_the_date_and_the_account() -> None:
    loan = ask(make_thing(**WEEK))
    due, hour = due_of(loan), timedelta(hours=1)
    told_at("loan_due", due - 24 * hour)
    with time_machine.travel(due - 23 * hour, tick=False):
        renewed = services.renew_loan(loan_id=loan.uuid, actor=STAFF)
        assert status_when_sent("loan_due") == MessageStatus.CANCELLED
    assert told_at("loan_due", due, due_of(renewed) - 24 * hour) == [1, 2]
    quiet = ask(make_thing(**WEEK), make_user(wants_reminders=False))
    assert told_at("loan_due", due_of(quiet) - hour)[-1] == 2
    short = ask(make_thing(loan_period=60))
    assert told_at("loan_due", due_of(short) - timedelta(minutes=5))[-1] == 2


def test_who_has_just_renewed_is_not_reminded_of_what_they_know() -> None:
    """Neither of the old date nor of the new one, whose reminder would have been due before."""
    loan = ask(make_thing(loan_period=1440, reminder_hours=[24, 2]), make_user(reminder_hours=24))
    due, hour = due_of(loan), timedelta(hours=1)
    with time_machine.travel(due - 3 * hour, tick=False):
        renewed = services.renew_loan(loan_id=loan.uuid, actor=by(loan.borrower))
    assert due_of(renewed) == due + 21 * hour
    moments = (due - 3 * hour, due - 2 * hour, due + 2 * hour, due_of(renewed) - 2 * hour)
    assert told_at("loan_due", *moments) == [0, 0, 0, 1]


def test_what_is_overdue_is_told_again_and_again_until_it_is_back() -> None:
    loan = ask(make_thing(loan_period=60, chaser_days=[1, 3]))
    due, day = due_of(loan), timedelta(days=1)
    assert told_at("loan_overdue", due, due + day, due + 2 * day, due + 3 * day) == [0, 1, 1, 2]
    with time_machine.travel(due + 3 * day):
        services.return_loan(loan_id=loan.uuid, actor=STAFF)
        assert status_when_sent("loan_overdue") == MessageStatus.CANCELLED
    assert told_at("loan_overdue", due + 3 * day + timedelta(hours=2)) == [2]


def test_what_was_missed_for_long_is_not_told_late() -> None:
    loan = ask(make_thing(loan_period=60, chaser_days=[1]))
    assert told_at("loan_overdue", due_of(loan) + timedelta(days=2, hours=1)) == [0]


def test_time_to_fetch_it_ends_soon() -> None:
    loan = ask(make_thing(**SHELF))
    assert loan.valid_until is not None
    half = loan.valid_until - timedelta(hours=12)
    assert told_at("loan_pickup_ending", half - timedelta(minutes=1), half, half) == [0, 1, 1]
    with time_machine.travel(half):
        services.hand_out(loan_id=loan.uuid, actor=STAFF)
        assert status_when_sent("loan_pickup_ending") == MessageStatus.CANCELLED
    ask(make_thing(pickup_window=30))  # the first mail has only just come
    assert told_at("loan_pickup_ending", clock.now() + timedelta(minutes=20))[-1] == 1
