"""Lines for a full class, by mode; what happens by the hour; who came."""

from datetime import time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from classes import services
from classes.drafts import TierDraft
from classes.enums import Attendance, SessionStatus
from classes.models import PassKind, PassUse, SeatBooking, Session
from classes.policies.plans import Term
from classes.selectors import (
    find_booked,
    find_position,
    find_waits,
    list_at_risk,
    roster_of,
    timetable_of,
    waiting_for,
)
from classes.services import sweeping
from classes.services.passes import balance_of
from classes.signals import SessionChange, SessionNews, sessions_changed
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from classes.tests.test_calling_off import wait
from classes.tests.test_seating import refused
from common.clock import now
from notifications.models import Message
from reservations.domain.values import Actor, Customer
from tests.factories import at, make_user
from waitlist.links import entry_path
from waitlist.models import FreedTime, WaitlistEntry, WaitlistOffer
from waitlist.services import EntryChanges, accept_offer, change_entry, offer_freed_capacity

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


@pytest.fixture
def told() -> Any:
    news: list[SessionChange] = []

    def note(*, changes: list[SessionChange], **kwargs: Any) -> None:
        news.extend(changes)

    sessions_changed.connect(note, dispatch_uid="test")
    yield news
    sessions_changed.disconnect(dispatch_uid="test")


def free_one(session: Session) -> None:
    seat = SeatBooking.objects.active().filter(session=session).first()
    assert seat
    services.cancel_booking(booking_id=seat.pk, actor=STAFF)


def offer(house: House) -> list[WaitlistOffer]:
    return offer_freed_capacity(venue_id=house.venue.pk)


def state(entry: WaitlistEntry) -> str:
    entry.refresh_from_db()
    return entry.status


def test_a_seat_is_held_for_the_first_until_the_line_closes(house: House) -> None:
    session = house.add_session(capacity=2, class_type=house.add_type(offer_minutes=60))
    take(session, quantity=2)
    group, first, second = wait(session, 2), wait(session), wait(session)
    assert [entry.pk for entry in waiting_for(session)] == [group.pk, first.pk, second.pk]
    shown = list(timetable_of(house.venue.pk, session.starts_at, session.ends_at))
    assert shown == [session]
    assert second.customer_id
    assert find_waits(shown, second.customer_id) == {session.pk: second}
    assert find_waits(shown, make_user().pk) == {}
    assert [find_position(session, entry) for entry in (group, second)] == [1, 3]
    free_one(session)  # both seats were one booking
    [made] = offer(house)
    assert (made.entry_id, made.reservation.party_size, made.reservation.title) == (
        group.pk,
        2,
        session.title,
    )
    assert made.deadline_at <= now() + timedelta(minutes=60)
    assert refused(lambda: take(session)) == "held"
    accept_offer(offer_id=made.pk, actor=Actor())
    assert (state(group), state(first)) == ("booked", "waiting")
    seat = SeatBooking.objects.active().get()
    assert (seat.seats, seat.guest_key) == (2, group.customer_email)
    assert group.customer_id
    assert find_booked(shown, group.customer_id) == {session.pk: seat}
    # Nobody joins, or gets a seat, shortly before the start.
    soon = house.add_session(
        now().replace(second=0, microsecond=0) + timedelta(minutes=90), facilitator=house.add_facilitator()
    )
    assert refused(lambda: wait(soon)) == "waitlist_closed"


def test_what_the_line_refuses(house: House) -> None:
    kind = house.add_type(max_waiting=2)
    session, user = house.add_session(capacity=2, class_type=kind), make_user()
    take(session, user, quantity=2)
    join: dict[str, Any] = {"session_id": session.pk, "actor": Actor(user)}
    assert (
        refused(lambda: services.wait_for_seat(customer=Customer.from_user(user), **join)) == "already_booked"
    )
    wait(session, 2)
    assert refused(lambda: wait(session)) == "waitlist_full"
    services.cancel_session(session_id=session.pk, actor=STAFF)
    assert refused(lambda: wait(session)) == "session_not_available"


def test_auto_books_while_cancelling_is_free_and_asks_after_that(house: House) -> None:
    kind = house.add_type(waitlist_mode="auto", late_cancel_hours=24)
    early = house.add_session(at(7), capacity=1, class_type=kind)
    take(early)
    entry = wait(early)
    free_one(early)
    Message.objects.all().delete()
    [made] = offer(house)
    assert (made.outcome, state(entry)) == ("accepted", "booked")
    seat = SeatBooking.objects.active().get()
    assert (seat.customer_id, seat.reservation.status) == (entry.customer_id, "confirmed")
    assert set(Message.objects.values_list("kind", flat=True)) == {"confirmed", "staff_class_booked"}
    late = house.add_session(
        now().replace(second=0, microsecond=0) + timedelta(hours=20),
        capacity=1,
        class_type=kind,
        facilitator=house.add_facilitator(),
    )
    take(late)
    other = wait(late)
    free_one(late)
    assert [each.outcome for each in offer(house)] == ["open"]
    assert state(other) == "contacted"


@pytest.mark.once
def test_nobody_is_booked_without_being_asked_at_a_price_they_have_not_seen(house: House) -> None:
    session = house.add_session(at(7), capacity=1, class_type=house.add_type(waitlist_mode="auto"))
    take(session)
    entry = wait(session)
    for price in (Decimal(90), Decimal(80)):
        changes = services.SessionChanges(price=price)
        services.change_session(session_id=session.pk, changes=changes, actor=STAFF)
    free_one(session)
    assert [made.outcome for made in offer(house)] == ["open"]
    assert (state(entry), SeatBooking.objects.active().get().reservation.status) == ("contacted", "held")


def test_whoever_is_booked_without_being_asked_pays_with_a_pass_that_covers_it(house: House) -> None:
    kind, user = house.add_type(waitlist_mode="auto"), make_user()
    sold = [
        services.sell_pass(
            kind_id=PassKind.objects.create(
                venue=house.venue, name=name, credits=2, price=20, valid_days=days
            ).pk,
            customer=user,
            actor=STAFF,
            is_paid=True,
        )
        for name, days in (("Long", 300), ("Short", 30))
    ]
    client = Client()
    client.force_login(user)
    for quantity, uses in ((2, ["Short"]), (1, ["Short", "Long"]), (2, ["Short", "Long"])):
        session = house.add_session(at(6 + len(SeatBooking.objects.all())), capacity=2, class_type=kind)
        take(session, quantity=2)
        page = client.get(reverse("classes-session", args=[house.venue.slug, session.pk])).content.decode()
        assert "we book it for the first in line" in page
        assert "pays if it has enough credits then. Otherwise it costs €25.00 per person." in page
        services.wait_for_seat(
            session_id=session.pk, customer=Customer.from_user(user), actor=Actor(user), quantity=quantity
        )
        free_one(session)
        offer(house)
        used = PassUse.objects.order_by("pk").values_list("used_pass__kind__name", flat=True)
        assert list(used) == uses
    paid = list(
        SeatBooking.objects.active().order_by("pk").values_list("reservation__total_amount", flat=True)
    )
    assert [int(amount) for amount in paid] == [
        0,
        0,
        50,
    ]  # of the last pass one credit is left, for two people
    assert [balance_of(each) for each in sold] == [1, 0]


def test_open_lines_are_told_and_nothing_is_held(house: House, told: list[SessionChange]) -> None:
    session = house.add_session(capacity=1, class_type=house.add_type(waitlist_mode="open"))
    take(session)
    entries = [wait(session), wait(session)]
    free_one(session)
    [news] = [change for change in told if change.news == SessionNews.SEATS_OPENED]
    assert [entry.pk for entry in news.extra["entries"]] == [entry.pk for entry in entries]
    assert offer(house) == []
    assert [state(entry) for entry in entries] == ["waiting", "waiting"]
    take(session)
    # What is only looked at beforehand frees nothing, so nobody is told of it.
    waiting = Message.objects.count(), FreedTime.objects.count()
    services.cancel_session(session_id=session.pk, actor=STAFF, dry_run=True)
    assert (Message.objects.count(), FreedTime.objects.count()) == waiting


def test_whoever_gets_a_seat_waits_for_nothing_else_then(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    session = house.add_session(capacity=1)
    beside = house.add_session(
        session.starts_at + timedelta(minutes=30),
        facilitator=house.add_facilitator(),
        place=house.add_studio(),
        capacity=1,
    )
    later = house.add_session(at(12), capacity=1)
    user = make_user()
    waits = [
        services.wait_for_seat(session_id=each.pk, customer=Customer.from_user(user), actor=Actor(user))
        for each in (beside, later)
    ]
    with django_capture_on_commit_callbacks(execute=True):
        take(session, user)
    assert [state(entry) for entry in waits] == ["left", "waiting"]
    looked_at = mock.Mock(return_value=0)
    monkeypatch.setattr(sweeping, "end_waits_beside", looked_at)
    take(house.add_session(at(18)), user)
    assert sweeping.end_other_waits(now=now()) == 0
    assert not looked_at.called  # neither of their seats is near what they wait for


def test_lines_close_by_themselves(house: House, told: list[SessionChange]) -> None:
    session = house.add_session(capacity=1)
    take(session)
    entry, moment = wait(session), session.starts_at - timedelta(minutes=120)
    for hours in (2, 4):  # that nobody waits for costs no transaction, nor the lock it takes on SQLite
        house.add_session(session.starts_at - timedelta(hours=hours))
    with CaptureQueriesContext(connection) as captured:
        assert sweeping.close_waitlists(now=moment - timedelta(minutes=1)) == 0
    assert not [query for query in captured if query["sql"].startswith(("SAVEPOINT", "BEGIN"))]
    assert sweeping.close_waitlists(now=moment) == 1
    assert state(entry) == "expired"
    assert SessionNews.WAITLIST_CLOSED in [change.news for change in told]
    told_them = Message.objects.filter(subject_id=str(entry.pk)).order_by("kind")
    assert list(told_them.values_list("kind", flat=True)) == ["waitlist_closed", "waitlist_joined"]


def test_too_few_people(house: House, told: list[SessionChange]) -> None:
    asking = house.add_type(min_attendance=3, decide_hours=24)
    ending = house.add_type(min_attendance=2, decide_hours=24, below_minimum="cancel")
    session = house.add_session(class_type=asking)
    other = house.add_session(at(7, 14), class_type=ending)
    enough = house.add_session(at(7, 17), class_type=ending)
    take(session), take(other), take(enough, quantity=2)
    assert [(row.pk, booked) for row, booked in list_at_risk(house.venue.pk, now())] == [
        (session.pk, 1),
        (other.pk, 1),
    ]
    assert sweeping.check_minimum(now=other.starts_at - timedelta(hours=30)) == 0
    for _ in range(2):
        sweeping.check_minimum(now=other.starts_at - timedelta(hours=5))
    news = [(change.session.pk, change.news) for change in told]
    assert news.count((session.pk, SessionNews.MINIMUM_NOT_MET)) == 1
    assert news.count((other.pk, SessionNews.CANCELLED)) == 1
    rows = dict(Session.objects.values_list("pk", "status"))
    assert rows == {
        session.pk: SessionStatus.ACTIVE,
        other.pk: SessionStatus.CANCELLED,
        enough.pk: SessionStatus.ACTIVE,
    }


def test_the_roster_and_the_bookings_say_the_same(house: House) -> None:
    start = now().replace(second=0, microsecond=0) + timedelta(minutes=10)
    session = house.add_session(start, capacity=4)
    seats = [take(session) for _ in range(3)]
    during, after = start + timedelta(minutes=5), session.ends_at + timedelta(hours=2)

    def mark(at_moment: Any, *marks: Attendance) -> list[tuple[str, str]]:
        pairs = dict(zip([seat.pk for seat in seats], marks, strict=True))
        services.record_attendance(session_id=session.pk, marks=pairs, actor=STAFF, now=at_moment)
        rows = [fresh(seat) for seat in seats]
        return [(row.attendance, row.reservation.status) for row in rows]

    present, late, absent, unknown = (Attendance(name) for name in ("present", "late", "absent", "unknown"))
    assert mark(during, present, late, absent) == [
        ("present", "checked_in"),
        ("late", "checked_in"),
        ("absent", "no_show"),
    ]
    assert refused(lambda: mark(start - timedelta(minutes=1), absent, present, present)) == "too_soon"
    assert mark(during, unknown, absent, late) == [
        ("unknown", "confirmed"),
        ("absent", "no_show"),
        ("late", "checked_in"),
    ]
    assert mark(after, present, present, present)[0] == ("present", "completed")
    assert [row.attendance for row in roster_of(session)] == ["present"] * 3
    leads = Actor(house.mia.user, STAFF.source)
    late_guest: dict[str, Any] = {"session_id": session.pk, "actor": leads, "now": during}
    walk_in = services.add_walk_in(customer=Customer(name="Bo"), **late_guest)
    assert (walk_in.attendance, walk_in.reservation.status) == ("present", "checked_in")
    assert refused(lambda: services.add_walk_in(customer=Customer(name="Lou"), **late_guest)) == "capacity"
    other = take(house.add_session(at(9)))
    wrong: dict[str, Any] = {"session_id": session.pk, "actor": STAFF}
    assert refused(lambda: services.record_attendance(marks={other.pk: present}, **wrong)) == "not_found"


def test_whoever_waits_for_a_session_waits_for_that_and_no_other(house: House) -> None:
    session = house.add_session(capacity=2, class_type=house.add_type(max_waiting=2))
    take(session, quantity=2)
    entry = wait(session, 2)
    for change in (
        EntryChanges(party_size=3),
        EntryChanges(earliest_time=time(8)),
        EntryChanges(duration=30),
    ):
        assert refused(partial(change_entry, entry_id=entry.pk, actor=STAFF, changes=change)) == "invalid"
    fewer = change_entry(entry_id=entry.pk, actor=STAFF, changes={"party_size": 1, "duration": 60})
    assert list(waiting_for(session)) == [fewer]


def test_what_needs_nothing_takes_no_places_of_a_run(house: House) -> None:
    """Each job looks at so many rows at a time: those for which nothing is to be done come round again."""
    needy, user = house.add_type(min_attendance=1, decide_hours=24), make_user()
    soon = now().replace(second=0, microsecond=0) + timedelta(hours=3)
    enough, few = (house.add_session(soon + timedelta(hours=each), class_type=needy) for each in (0, 2))
    take(enough)
    assert sweeping.check_minimum(now=now(), limit=1) == 1
    few.refresh_from_db()
    assert few.minimum_noted_at
    plan = (Term(Decimal(50), days_before=10), Term(Decimal(50), days_before=3))
    seat = take(house.add_session(at(13), plan=plan), user, pays_plan=True)
    first, second = seat.instalments.all()
    today = now().astimezone(house.venue.zone).date()
    seat.instalments.filter(pk=first.pk).update(due_on=today + timedelta(days=3))
    seat.instalments.filter(pk=second.pk).update(due_on=today + timedelta(days=7))
    assert sweeping.remind_of_instalments(now=now(), limit=1) == 1
    assert sweeping.remind_of_instalments(now=now(), limit=1) == 0
    kind = PassKind.objects.create(venue=house.venue, name="Two", credits=1, price=0, valid_days=3)
    used, left = (services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF) for _ in range(2))
    take(few, user, pass_id=used.pk)
    assert [sweeping.warn_of_passes(now=now(), limit=1) for _run in range(3)] == [0, 1, 0]
    left.refresh_from_db()
    assert left.warned_at
    services.change_session(session_id=few.pk, changes={"title": "Yin"}, actor=STAFF)
    few.refresh_from_db()
    assert few.minimum_noted_at
    # Before a new time they are asked once more.
    later = few.starts_at + timedelta(days=7)
    moved = services.SessionChanges(starts_at=later, ends_at=later + timedelta(hours=1))
    services.change_session(session_id=few.pk, changes=moved, actor=STAFF)
    few.refresh_from_db()
    assert few.minimum_noted_at is None


def join(session: Session, user: User, quantity: int = 1) -> WaitlistEntry:
    return services.wait_for_seat(
        session_id=session.pk, customer=Customer.from_user(user), actor=Actor(user), quantity=quantity
    )


@pytest.mark.once
def test_a_program_takes_what_is_held_for_its_account_at_a_price(house: House) -> None:
    tiers = tuple(TierDraft(name, Decimal(price), 2) for name, price in (("Single", 40), ("Shared", 30)))
    session, user, client = house.add_session(capacity=2, tiers=tiers), make_user(), Client()
    single, shared = session.tiers.all()
    take(session, tier_id=single.pk, quantity=2)
    entry = join(session, user, 2)
    free_one(session)
    offer_freed_capacity(venue_id=house.venue.pk)
    client.force_login(user)

    def book(**said: Any) -> tuple[int, Any]:
        data = {"session_id": session.pk, **said}
        answer = client.post("/api/bookings", data, content_type="application/json")
        return answer.status_code, answer.json().get("code") or answer.json()["total"]

    assert book() == (400, "tier_needed")
    assert book(tier_id=shared.pk, quantity=1) == (400, "invalid")
    assert book(tier_id=shared.pk) == (201, 60.0)
    entry.refresh_from_db()
    assert (entry.status, SeatBooking.objects.active().get().seats) == ("booked", 2)


@pytest.mark.once
def test_a_pass_pays_for_what_is_held(house: House) -> None:
    kind = PassKind.objects.create(venue=house.venue, name="Two", credits=2, price=Decimal(20))
    session, user = house.add_session(capacity=1), make_user()
    sold = services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF, is_paid=True)
    take(session)
    entry = join(session, user)
    free_one(session)
    [offer] = offer_freed_capacity(venue_id=house.venue.pk)
    page = entry_path(entry)
    assert b"Two" in Client().get(page).content
    assert Client().post(f"{page}offers/{offer.pk}/accept/", {"used_pass": sold.pk}).status_code == 302
    seat = SeatBooking.objects.active().get()
    assert seat.pass_use.used_pass == sold
    assert seat.reservation.total_amount == 0
