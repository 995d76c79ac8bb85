"""The hour that the clocks repeat: what takes place in it is edited by forms like everything else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from classes.models import Session
from classes.tests.helpers import make_house, take
from classes.tests.test_planning import shown
from classes.tests.test_studio import filled_in
from common.clock import now
from resources.enums import Role
from tests.factories import make_member

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
