"""What classes cost, in statements: the same whatever else there is."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classes import services
from classes.dashboard import read_metrics, recent_bookings
from classes.drafts import SessionDraft
from classes.selectors import count_free, sessions_in_detail
from classes.tests.helpers import STAFF, House, make_house, take
from common.clock import now
from tests.factories import at, make_user

pytestmark = pytest.mark.django_db
LOCK = int(connection.vendor == "postgresql")
"""The leaves are locked by a statement of their own; so is what SQLite's one lock covers."""
CONTROL = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")


@pytest.fixture
def house() -> House:
    return make_house(seats=200)


def count(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len([query for query in captured if not CONTROL.match(query["sql"])])


def test_seats(house: House) -> None:
    session = house.add_session(capacity=100)
    take(session)
    people = [make_user() for _ in range(3)]
    first = count(lambda: take(session, people[0]))
    # An ordinary booking, two looks at the session, and the seat.
    assert first <= 14 + LOCK
    draft = SessionDraft(house.add_facilitator(), at(9), at(9, 11), "Yoga", house.add_studio(), capacity=3)
    services.create_series(venue=house.venue, draft=draft, rule="FREQ=DAILY;COUNT=100", actor=STAFF)
    take(session, people[1])
    assert count(lambda: take(session, people[2])) == first


def test_many_at_once(house: House) -> None:
    """Called off, moved and made: a few statements, however many people and dates."""

    def costs(people: int, day: int) -> tuple[int, int]:
        session = house.add_session(at(day), capacity=150)
        for number in range(people):
            take(session, make_user(f"p{day}-{number}@example.com"))
        later = session.starts_at + timedelta(hours=2)
        changes: services.SessionChanges = {"starts_at": later, "ends_at": later + timedelta(hours=1)}
        move = count(lambda: services.change_session(session_id=session.pk, changes=changes, actor=STAFF))
        return move, count(lambda: services.cancel_session(session_id=session.pk, actor=STAFF))

    costs(1, 20)
    few, many = costs(3, 21), costs(16, 22)
    assert many[0] <= 20 + 2 * LOCK
    assert many[1] <= 19 + 2 * LOCK
    assert many == few

    def make(dates: int, hour: int) -> int:
        draft = SessionDraft(house.mia, at(40, hour), at(40, hour + 1), "Yoga", house.studio, capacity=3)
        rule = f"FREQ=DAILY;COUNT={dates}"
        return count(lambda: services.create_series(venue=house.venue, draft=draft, rule=rule, actor=STAFF))

    make(2, 8)
    assert make(120, 10) <= 14 + LOCK
    sessions = list(sessions_in_detail())
    assert count(lambda: count_free(sessions)) == 1
    assert count(lambda: (read_metrics(house.mia, now=now()), recent_bookings(house.mia))) <= 9
