"""What classes refuse over HTTP: a clear error about one field, nothing changed, never a 500."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from classes.models import PassKind, SeatBooking, Session
from classes.services import cancel_session, sell_pass
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from common.clock import now
from reservations.domain.values import Actor
from reservations.tests.api_helpers import local, post, signed_in, skipped_hour
from tests.factories import at, make_user, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SESSIONS, BOOKINGS = "/api/sessions", "/api/bookings"
START, END = local(9, 10).isoformat(), local(9, 11).isoformat()
SKIPPED = skipped_hour()
LESSON = {"title": "Yoga", "start_time": START, "end_time": END}
TIER = {"name": "Shared room", "price": 400, "quota": 4}
HALVES = [{"percent": 50, "days_before": 30}, {"percent": 50, "days_before": 3}]
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"colour": "red"}, "unknown_field", "colour"),
    ({"status": "cancelled"}, "unknown_field", "status"),
    ({"title": ""}, "invalid", "title"),
    ({"title": "x" * 201}, "invalid", "title"),
    ({"title": None}, "invalid", "title"),
    ({"description": "x" * 5001}, "invalid", "description"),
    ({"capacity": 0}, "invalid", "capacity"),
    ({"capacity": -1}, "invalid", "capacity"),
    ({"capacity": 1.5}, "invalid", "capacity"),
    ({"capacity": 21}, "invalid", "capacity"),
    ({"capacity": 10_000}, "invalid", "capacity"),
    ({"capacity": True}, "invalid", "capacity"),
    ({"capacity": 5, "online_capacity": 6}, "invalid", "online_capacity"),
    ({"price": -1}, "invalid", "price"),
    ({"price": "free"}, "invalid", "price"),
    ({"price": "NaN"}, "invalid", "price"),
    ({"price": 1e9}, "invalid", "price"),
    ({"price": 10.005}, "invalid", "price"),
    ({"start_time": END, "end_time": START}, "invalid", "end_time"),
    ({"end_time": START}, "invalid", "end_time"),
    ({"end_time": local(10, 15).isoformat()}, "invalid", "end_time"),
    ({"session_type": "retreat", "end_time": local(24, 10).isoformat()}, "invalid", "end_time"),
    ({"start_time": "2020-01-01T10:00", "end_time": "2020-01-01T11:00"}, "past", "start_time"),
    ({"start_time": "tomorrow"}, "invalid_time", "start_time"),
    ({"start_time": 5}, "invalid_time", "start_time"),
    ({"start_time": START[:-9] + ":30" + START[-6:]}, "invalid_time", "start_time"),
    (
        {"start_time": skipped_hour(), "end_time": skipped_hour()[:11] + "05:00"},
        "nonexistent_time",
        "start_time",
    ),
    ({"session_type": "party"}, "invalid", "session_type"),
    ({"place": "Attic"}, "invalid", "place"),
    ({"place": "9" * 19}, "invalid", "place"),
    ({"class_type": 10**6}, "invalid", "class_type"),
    ({"class_type": 2**70}, "invalid", "class_type"),
    ({"tiers": [TIER | {"quota": 0}]}, "invalid", "tiers.0.quota"),
    ({"tiers": [TIER, TIER]}, "invalid", "tiers"),
    ({"tiers": [TIER | {"pays": "plan"}]}, "invalid", "plan"),
    ({"tiers": [TIER | {"price": "1.001"}]}, "invalid", "tiers"),
    ({"plan": HALVES[:1]}, "invalid", "plan"),
    ({"plan": [*HALVES, {"percent": 1, "days_before": 1}]}, "invalid", "plan"),
    ({"plan": [{"percent": 100}]}, "invalid", "plan"),
    ({"repeat": {"rule": "FREQ=HOURLY"}}, "invalid", "rule"),
    ({"repeat": {"rule": "nonsense"}}, "invalid", "rule"),
]


@pytest.fixture
def house() -> House:
    return make_house()


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_what_no_session_can_be(house: House) -> None:
    mia = signed_in(house.mia.user)
    for wrong, code, field in REFUSED:
        answer = post(mia, SESSIONS, LESSON | {"place": "Lake"} | wrong)
        assert told(answer) == (400, code), (wrong, answer.json())
        assert field in answer.json()["fields"], (wrong, answer.json())
    for text in ('{"title": "x", "price": NaN}', "[1]"):
        assert told(mia.post(SESSIONS, text, content_type="application/json")) == (400, "malformed")
    assert told(post(mia, SESSIONS, LESSON | {"facilitator_id": 10**6})) == (404, "not_found")
    assert told(post(mia, SESSIONS, {"title": "Yoga", "start_time": START})) == (400, "invalid")
    assert not Session.objects.exists()
    assert post(mia, SESSIONS, LESSON | {"end_time": local(10, 9).isoformat()}).status_code == 201


def test_what_no_change_of_a_session_can_be(house: House) -> None:
    session, mia = house.add_session(), signed_in(house.mia.user)
    take(session, quantity=3)
    address, before = f"{SESSIONS}/{session.pk}", Session.objects.values().get()

    def put(body: Any, **headers: str) -> Any:
        return mia.put(address, body, content_type="application/json", headers=headers)

    wrong: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({"capacity": 2}, (409, "still_booked")),
        ({"version": 7, "title": "Yin"}, (409, "stale_version")),
        ({"capacity": 0}, (400, "invalid")),
        ({"end_time": session.starts_at.isoformat()}, (400, "invalid")),
        ({"start_time": "2020-01-01T10:00"}, (400, "past")),
        ({"title": ""}, (400, "invalid")),
        ({"session_type": "retreat"}, (400, "invalid")),
        ({"facilitator": 1}, (400, "unknown_field")),
        ({"facilitator_id": house.add_facilitator().pk}, (403, "forbidden")),
        ({"online_capacity": 3, "scope": "all"}, (400, "invalid")),
        ({"scope": "some"}, (400, "invalid")),
    ]
    for body, expected in wrong:
        assert told(put(body)) == expected, body
    assert told(put({"title": "Yin"}, **{"If-Match": '"7"'})) == (409, "stale_version")
    assert put({"capacity": 2}).json()["booked"] == 3
    assert Session.objects.values().get() == before
    cancel_session(session_id=session.pk, actor=STAFF)
    assert told(put({"title": "Yin"})) == (400, "transition_not_allowed")
    assert told(mia.put(f"{SESSIONS}/{2**70}", {}, content_type="application/json")) == (404, "not_found")


def test_what_no_booking_can_be(house: House) -> None:
    user, quiet = make_user(), make_venue()
    session, mine = house.add_session(capacity=4), signed_in(user)
    kind = PassKind.objects.create(venue=house.venue, name="Five", credits=5, price=50)
    foreign = sell_pass(kind_id=kind.pk, customer=make_user(), actor=STAFF, is_paid=True)
    unpaid = sell_pass(kind_id=kind.pk, customer=user, actor=Actor(user))
    wrong: list[tuple[Any, tuple[int, str]]] = [
        ({"session_id": "abc"}, (404, "not_found")),
        ({"session_id": 0}, (404, "not_found")),
        ({"session_id": -1}, (404, "not_found")),
        ({"session_id": 2**70}, (404, "not_found")),
        ({"session_id": "9" * 5000}, (404, "not_found")),
        ({"session_id": None}, (400, "invalid")),
        ({"session_id": [1]}, (400, "invalid")),
        ({"session_id": True}, (400, "invalid")),
        ({"session_id": 1.5}, (400, "invalid")),
        ({"notes": "x" * 2001}, (400, "invalid")),
        ({"quantity": 0}, (400, "invalid")),
        ({"quantity": -1}, (400, "invalid")),
        ({"quantity": 5}, (400, "fully_booked")),
        ({"quantity": 10**6}, (400, "invalid")),
        ({"tier_id": 10**6}, (400, "tier_unknown")),
        ({"pass_id": foreign.pk}, (400, "pass_not_valid")),
        ({"pass_id": unpaid.pk}, (400, "pass_not_valid")),
        ({"pass_id": 10**6}, (400, "pass_not_valid")),
        ({"pays_plan": "yes"}, (400, "invalid")),
        ({"pays_plan": True}, (400, "plan_not_offered")),
        ({"price": 0}, (400, "unknown_field")),
        ({"answers": [{"question_id": 1}]}, (400, "invalid")),
    ]
    for body, expected in wrong:
        assert told(post(mine, BOOKINGS, {"session_id": session.pk} | body)) == expected, body
    assert told(post(mine, BOOKINGS, {})) == (400, "invalid")
    assert told(post(Client(), BOOKINGS, {"session_id": session.pk})) == (401, "not_authenticated")
    assert not SeatBooking.objects.exists()
    assert mine.delete(f"{BOOKINGS}/987654").status_code == 404
    for path in ("bookings/my?page=x", "sessions?from=x", "sessions?page=0", "sessions?facilitator=x"):
        assert mine.get(f"/api/{path}").status_code == 400, path
    for path, code in (("nowhere", (404, "not_found")), (quiet.slug, (400, "invalid"))):
        assert told(mine.get(f"/api/timetable?venue={path}")) == code, path
        assert told(post(mine, "/api/facilitator/profile", {"venue": path})) == code, path
    for path in ("sessions?session_type=x", "sessions?colour=red", "timetable?week=2027-W99"):
        assert mine.get(f"/api/{path}").status_code == 400, path


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"role": ["facilitator"]}, "role"),
        ({"role": "facilitator", "specialization": "x" * 201}, "specialization"),
        ({"role": "facilitator", "bio": "x" * 5001}, "bio"),
        ({"role": "facilitator", "venue": "elsewhere"}, "venue"),
        ({"role": "facilitator", "approved": True}, "approved"),
    ],
)
def test_what_no_facilitator_registers_with(house: House, wrong: dict[str, Any], field: str) -> None:
    new = {"email": "john@example.com", "password": "A long Password 123", "name": "John Doe"}
    answer = post(Client(), "/api/auth/register", new | wrong)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_a_roster_is_recorded_as_a_whole_or_not_at_all(house: House) -> None:
    start = now().replace(second=0, microsecond=0) + timedelta(minutes=10)
    session, mia = house.add_session(start, capacity=1), signed_in(house.mia.user)
    seat = take(session)
    body = {"marks": [{"booking_id": seat.pk, "attendance": "present"}], "walk_in": {"name": "Bo"}}
    assert post(mia, f"{SESSIONS}/{session.pk}/attendance", body).status_code == 409
    assert fresh(seat).attendance == "unknown"


def test_what_costs_too_much_or_holds_too_few(house: House) -> None:
    """A price that no column holds would break every list in which it is shown."""
    session, ada = house.add_session(price=Decimal(9_999_999)), signed_in(make_user())
    assert post(ada, BOOKINGS, {"session_id": session.pk, "quantity": 10}).status_code == 201
    dear = house.add_session(price=Decimal(9_999_999), capacity=11, start=at(9))
    assert told(post(ada, BOOKINGS, {"session_id": dear.pk, "quantity": 11})) == (400, "invalid")
    assert ada.get(f"{BOOKINGS}/my").status_code == 200
    full = house.add_session(at(10), capacity=1)
    take(full)
    answer = post(ada, f"{SESSIONS}/{full.pk}/waitlist", {"quantity": 2})
    assert (told(answer), [*answer.json()["fields"]]) == ((400, "invalid"), ["quantity"])
    mia = signed_in(house.mia.user)
    named = post(mia, SESSIONS, LESSON | {"place": "Lake", "title": "a\u202eb"}).json()
    assert named["fields"] == {"title": ["Remove invisible characters."]}
    address = f"{SESSIONS}/{full.pk}"
    stale = mia.put(address, {"title": "Yin", "scope": "all", "version": 7}, content_type="application/json")
    assert told(stale) == (409, "stale_version")
