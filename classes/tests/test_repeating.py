"""What is done twice, or by an outdated page: quiet, or a clear conflict; never a second time."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from classes import services
from classes.enums import Attendance
from classes.messages.names import ClassMessage
from classes.models import Pass, PassKind, SeatBooking, Session
from classes.services.scheduling import copy_draft
from classes.signals import SessionChange, sessions_changed
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from classes.tests.test_studio import filled_in
from common.clock import now
from notifications.models import Message
from payments.models import Payment
from reservations.domain.values import Actor, Customer
from reservations.exceptions import BookingRefused, StaleVersion
from reservations.models import Reservation
from reservations.series import SeriesScope
from reservations.services import expire_overdue_holds
from resources.enums import Role
from tests.factories import at, make_member, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
News = list[SessionChange]


@pytest.fixture
def house() -> House:
    return make_house(time_zone="UTC")


@pytest.fixture
def boss(house: House) -> Client:
    found = Client()
    found.force_login(make_member(house.venue, Role.MANAGER))
    return found


@pytest.fixture
def told() -> Iterator[News]:
    news: News = []

    def note(*, changes: News, **kwargs: Any) -> None:
        news.extend(changes)

    sessions_changed.connect(note, dispatch_uid="test")
    yield news
    sessions_changed.disconnect(dispatch_uid="test")


def weekly(house: House) -> list[Session]:
    draft = copy_draft(house.add_session(at(20)), starts_at=at(5), ends_at=at(5) + timedelta(hours=1))
    rule = "FREQ=WEEKLY;COUNT=3"
    return services.create_series(venue=house.venue, draft=draft, rule=rule, actor=STAFF).sessions


def test_an_outdated_page_changes_no_series(house: House, boss: Client) -> None:
    first, second, third = weekly(house)
    studio = [house.venue.slug, second.pk]
    seen = filled_in(second, scope="following", title="Yin", action="save")
    teach = filled_in(second, scope="following", title="Yin", confirmed="yes")
    teach |= {"day": teach["date"], "at": teach["time"]}
    off = {"scope": "following", "version": second.version, "action": "save"}
    services.change_session(session_id=second.pk, changes={"capacity": 9}, actor=STAFF)
    pages = (
        (reverse("studio-change", args=studio), seen),
        (reverse("teach-change", args=[second.pk]), teach),
        (reverse("studio-call-off", args=studio), off),
        (reverse("teach-call-off", args=[second.pk]), off),
    )
    for address, data in pages:
        answer = boss.post(address, data)
        assert (answer.status_code, b"has changed" in answer.content) == (409, True), address
    # Also where it is itself no longer to come.
    services.cancel_session(session_id=second.pk, actor=STAFF)
    assert boss.post(pages[0][0], seen).status_code == 409
    rows = Session.objects.filter(series=second.series).order_by("pk")
    assert [(row.title, row.status) for row in rows] == [
        (first.title, "active"),
        (first.title, "cancelled"),
        (third.title, "active"),
    ]
    with pytest.raises(StaleVersion):
        services.cancel_series(session_id=first.pk, scope=SeriesScope.ALL, actor=STAFF, version=7)


def test_what_is_pressed_twice_is_done_once(house: House, boss: Client, told: News) -> None:
    draft = house.add_session(is_published=False)
    first, *_others = weekly(house)
    page = reverse("studio-session", args=[house.venue.slug, draft.pk])
    off = reverse("studio-call-off", args=[house.venue.slug, first.pk])
    every = {"scope": "all", "version": first.version, "action": "save"}
    for address, data, number in ((page, {"action": "publish"}, 1), (off, every, 3)):
        told.clear()
        for _press in range(2):
            assert boss.post(address, data).status_code == 302, address
        assert len(told) == number, address
    published = Session.objects.get(pk=draft.pk)
    assert published.version == 2
    later = {"published_at": now() + timedelta(days=1)}
    services.change_session(session_id=draft.pk, changes=later, actor=STAFF)  # type: ignore[arg-type]
    assert Session.objects.get(pk=draft.pk).published_at == published.published_at


def test_attendance_is_recorded_once(house: House, told: News) -> None:
    session = house.add_session(now().replace(second=0, microsecond=0) + timedelta(minutes=10))
    first, second = take(session), take(session)
    told.clear()
    marks = {first.pk: Attendance.PRESENT}
    record: dict[str, Any] = {"session_id": session.pk, "actor": STAFF}
    for _press in range(2):
        services.record_attendance(marks=marks, **record)
    recorded_at = fresh(first).attendance_at
    marks |= {second.pk: Attendance.LATE}
    services.record_attendance(marks=marks, **record, now=now() + timedelta(minutes=1))
    assert [change.extra["bookings"] for change in told] == [{first.pk: "present"}, {second.pk: "late"}]
    assert fresh(first).attendance_at == recorded_at


def test_nobody_is_written_to_without_end(house: House, boss: Client) -> None:
    house.add_facilitator("John")
    session = house.add_session()
    letter, ask = (reverse(f"teach-{name}", args=[session.pk]) for name in ("letter", "substitute"))
    studio = reverse("studio-session", args=[house.venue.slug, session.pk])
    take(session)
    for number in range(5):
        assert boss.post(letter, {"text": "Bring a towel", "key": number}).status_code == 302
        take(session)  # whoever has booked since has heard of few
    refused = boss.post(letter, {"text": "And water", "key": "more"})
    assert (refused.status_code, "5 messages" in refused.content.decode()) == (429, True)
    assert boss.post(letter, {"text": "Bring a towel", "key": 4}).status_code == 302  # the same once more
    for _time in range(3):
        boss.post(ask, {"action": "ask"})
        boss.post(ask, {"action": "withdraw"})
    sent = Message.objects.filter(kind__in=(ClassMessage.LETTER, ClassMessage.SUBSTITUTE_WANTED))
    before = sent.count()
    for address, data in ((ask, {"action": "ask"}), (studio, {"action": "ask"})):
        refused = boss.post(address, data)
        assert (refused.status_code, "asked 3 times" in refused.content.decode()) == (429, True), address
    answer = boss.post(f"/api/sessions/{session.pk}/substitute", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (429, "told_often")
    assert 0 < int(answer["Retry-After"]) <= 24 * 3600
    assert sent.count() == before == 16 + 3
    assert Session.objects.get(pk=session.pk).substitute_wanted_at is None
    with time_machine.travel(now() + timedelta(days=1, minutes=1)):
        services.ask_for_substitute(session_id=session.pk, actor=STAFF)
        services.write_letter(session_id=session.pk, text="Hello", key="new", actor=STAFF)


def test_a_pass_is_sold_once_in_the_admin(house: House, boss: Client) -> None:
    kind = PassKind.objects.create(venue=house.venue, name="Ten", credits=10, price=Decimal(100))
    address = reverse("admin:classes_pass_add")
    [key] = re.findall(r'name="key" value="([^"]+)"', boss.get(address).content.decode())
    form = {"kind": kind.pk, "person": make_user().email, "is_paid": "on", "key": key}
    for _twice in range(2):
        assert boss.post(address, form).status_code == 302
    assert (Pass.objects.count(), Payment.objects.count()) == (1, 1)


def test_a_page_from_before_a_move_still_books(house: House) -> None:
    session, client = house.add_session(at(3)), Client()
    client.force_login(make_user())
    address = reverse("classes-book", args=[house.venue.slug, session.pk])
    form = {"quantity": 1, "key": "of one page"}
    assert client.post(address, form).status_code == 302
    moved = services.SessionChanges(starts_at=at(4), ends_at=at(4) + timedelta(hours=1))
    services.change_session(session_id=session.pk, changes=moved, actor=STAFF)
    assert client.post(address, form).status_code == 302
    assert [seat.reservation.status for seat in session.bookings.order_by("pk")] == ["expired", "held"]


def test_a_hold_that_has_run_out_stands_in_nobodys_way(house: House) -> None:
    """Before anything has tidied it up: at every door, for accounts and for guests."""
    ada, bo = make_user("ada@example.com"), Customer(None, "Bo", "bo@example.com")
    session = house.add_session(at(3), online_capacity=3)
    hold: dict[str, Any] = {
        "session_id": session.pk,
        "actor": Actor(ada),
        "customer": Customer.from_user(ada),
    }
    first, guest = (
        services.hold_seat(**hold),
        services.hold_seat(**{**hold, "customer": bo, "actor": Actor()}),
    )
    client = Client()
    client.force_login(ada)

    def is_booked() -> bool:
        return bool(client.get(f"/api/sessions/{session.pk}").json()["booked_by_me"])

    assert is_booked()
    with time_machine.travel(now() + timedelta(hours=1)):
        assert not is_booked()
        answer = client.post("/api/bookings", {"session_id": session.pk}, content_type="application/json")
        assert answer.status_code == 201, answer.json()
        assert is_booked()
        other = take(session, bo)
        assert [fresh(seat).is_active for seat in (first, guest, other)] == [False, False, True]
        expire_overdue_holds(now=now())
        assert session.bookings.filter(is_active=True).count() == 2
        with pytest.raises(BookingRefused):
            take(session, bo)
    # Who stayed away and held once more is taken back.
    absent, again = (take(session, make_user(), actor=STAFF) for _ in range(2))
    lapsed = {"status": "held", "expires_at": session.starts_at}
    Reservation.objects.filter(pk=again.reservation_id).update(**lapsed)
    with time_machine.travel(session.starts_at + timedelta(minutes=50)):
        mark: dict[str, Any] = {"session_id": session.pk, "actor": STAFF}
        services.record_attendance(marks={absent.pk: Attendance.ABSENT}, **mark)
        SeatBooking.objects.filter(pk=again.pk).update(
            customer=absent.customer, guest_key=fresh(absent).guest_key
        )
        services.record_attendance(marks={absent.pk: Attendance.PRESENT}, **mark)
    assert [fresh(seat).is_active for seat in (absent, again)] == [True, False]
