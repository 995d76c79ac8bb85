"""The hour that the clocks repeat: what takes place in it is edited by forms like everything else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from classes.models import Session
from classes.pages import find_titles
from classes.selectors import waiting_for
from classes.services import cancel_booking, wait_for_seat
from classes.services.sweeping import close_waitlists
from classes.studio_week import count_waiting
from classes.tests.helpers import STAFF, make_house, take
from classes.tests.test_planning import shown
from classes.tests.test_studio import filled_in
from common.clock import now
from reservations.domain.values import Actor, Customer
from resources.enums import Role
from tests.factories import make_member, make_user
from waitlist.matching import find_title
from waitlist.models import WaitlistEntry
from waitlist.services import offer_freed_capacity

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def last_sunday_of_october() -> datetime:
    """Of next year, 00:30 UTC: 02:30 in Berlin, for the first time."""
    last = datetime(now().year + 1, 10, 31, 0, 30, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


@pytest.mark.parametrize("hours", [0, 1])
def test_a_session_in_the_repeated_hour_is_edited_by_forms(hours: int) -> None:
    house, boss = make_house(time_zone="Europe/Berlin"), Client()
    boss.force_login(make_member(house.venue, Role.MANAGER))
    start = last_sunday_of_october() + timedelta(hours=hours)
    session, before = house.add_session(start, title="Night"), house.add_session(start - timedelta(hours=3))
    seat = take(session)
    studio, teach = (
        (f"{name}-change", ([house.venue.slug] if name == "studio" else [])) for name in ("studio", "teach")
    )
    forms: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
        (studio, filled_in(session, title="Yin", action="save"), {}),
        (teach, shown(session, title="Yang", capacity=9, confirmed="yes"), {"version": 2}),
    ]
    for (name, about), data, more in forms:
        answer = boss.post(reverse(name, args=[*about, session.pk]), data | more)
        assert answer.status_code == 302, (name, answer.content.decode().partition("<main")[2][:3000])
    session.refresh_from_db()
    assert (session.title, session.capacity, session.starts_at) == ("Yang", 9, start)
    seat.reservation.refresh_from_db()
    assert seat.reservation.starts_at == start
    # What is moved into that hour has to say which one it means, and no form asks.
    for (name, about), data, _more in forms:
        other = data | {"version": before.version, "title": "Other"}
        answer = boss.post(reverse(name, args=[*about, before.pk]), other)
        assert (answer.status_code, b"Choose an earlier or later one" in answer.content) == (400, True), name
    assert Session.objects.get(pk=before.pk).version == 1


def test_both_sessions_of_the_repeated_hour_have_their_own_line() -> None:
    """In one studio at the same time on the clock: each is waited for, offered and named by itself."""
    house, ada, bo = make_house(time_zone="Europe/Berlin"), make_user(), make_user()
    first = house.add_session(last_sunday_of_october(), title="Night", capacity=1, minutes=30)
    second = house.add_session(first.starts_at + timedelta(hours=1), title="Late", capacity=1, minutes=30)
    assert first.local_start.time() == second.local_start.time()
    seats = [take(session) for session in (first, second)]
    entries = [
        wait_for_seat(session_id=session.pk, customer=Customer.from_user(person), actor=Actor(person))
        for session, person in ((first, ada), (second, bo))
    ]
    assert [list(waiting_for(session)) for session in (first, second)] == [[entry] for entry in entries]
    assert list(count_waiting([first, second]).values()) == [1, 1]
    assert [find_title(entry) for entry in entries] == ["Night", "Late"]
    assert [find_titles([entry])[entry.pk] for entry in entries] == ["Night", "Late"]
    cancel_booking(booking_id=seats[1].pk, actor=STAFF)
    [offer] = offer_freed_capacity(venue_id=house.venue.pk)
    assert (offer.entry, offer.reservation.starts_at) == (entries[1], second.starts_at)
    assert close_waitlists(now=first.starts_at - timedelta(minutes=119)) == 1
    assert [entry.status for entry in WaitlistEntry.objects.order_by("pk")] == ["expired", "contacted"]
    week = reverse("classes-venue", args=[house.venue.slug])
    page = Client().get(f"{week}?date={first.local_start:%Y-%m-%d}").content.decode()
    assert ("02:30 (UTC+02:00)" in page, "02:30 (UTC+01:00)" in page) == (True, True)
