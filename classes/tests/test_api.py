"""What the API of classes does beyond document 004."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client, override_settings

from accounts.models import User
from classes.models import Facilitator, PassKind, Payout, PayRate, SeatBooking, Session
from classes.services import ask_for_substitute, set_pay_rate, work_out_payouts
from classes.tests.helpers import STAFF, House, make_house, take
from reservations.services import record_payment
from reservations.tests.api_helpers import local, patch, post, signed_in
from resources.enums import Role
from resources.models import VenueMembership
from tests.factories import at, make_member, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SESSIONS, BOOKINGS, LED = "/api/sessions", "/api/bookings", "/api/facilitator"
JSON = "application/json"


@pytest.fixture
def house() -> House:
    return make_house(name="Stillwater")


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def put_up(client: Client, day: int = 9, **fields: Any) -> Any:
    times = {"start_time": local(day, 10).isoformat(), "end_time": local(day, 11).isoformat()}
    return post(client, SESSIONS, {"title": "Yoga", "place": "Lake", "capacity": 3, **times, **fields})


def register(**fields: Any) -> tuple[Client, dict[str, Any]]:
    client = Client()
    new = {"password": "A long Password 123", "name": "John Doe", "role": "facilitator"} | fields
    answer = post(client, "/api/auth/register", new)
    assert answer.status_code == 201, answer.content
    return client, answer.json()["user"]


def test_a_new_facilitator_waits_for_approval(house: House) -> None:
    client, user = register(email="john@example.com", bio="Calm", specialization="Yin")
    assert (user["role"], user["facilitator_approved"]) == ("facilitator", False)
    for path in (f"{LED}/dashboard", f"{LED}/bookings", f"{LED}/sessions"):
        assert told(client.get(path)) == (403, "not_approved")
    assert told(put_up(client)) == (403, "not_approved")
    assert client.get(f"{LED}/profile").json()["is_approved"] is False
    manager = signed_in(make_member(house.venue, Role.MANAGER))
    waiting = manager.get("/api/facilitators?approved=false").json()["results"]
    assert [row["specialization"] for row in waiting] == ["Yin"]
    assert Client().get("/api/facilitators").json()["count"] == 1
    approve = f"/api/facilitators/{user['facilitator_id']}/approve"
    assert post(client, approve, {}).status_code == 403
    assert post(manager, approve, {}).json()["is_approved"] is True
    assert put_up(client).status_code == 201
    assert client.get("/api/auth/user").json()["facilitator_approved"] is True
    changed = patch(client, f"{LED}/profile", {"bio": "Calmer", "place": "Lake", "is_public": False})
    assert (changed.json()["bio"], changed.json()["usual_place"]) == ("Calmer", "Lake")
    shown = signed_in(make_user()).get(SESSIONS).json()[0]
    assert (shown["facilitator"], Client().get("/api/facilitators").json()["count"]) == ("", 1)
    assert Facilitator.objects.get(bio="Calmer").default_place == house.studio


def test_who_may_begin_at_once(house: House) -> None:
    with override_settings(CLASSES_OPEN_SIGNUP=True):
        assert register(email="open@example.com")[1]["facilitator_approved"] is True
    invited, customer = make_member(house.venue, Role.FACILITATOR), make_user()
    assert told(signed_in(invited).get(f"{LED}/profile")) == (404, "not_found")
    assert post(signed_in(invited), f"{LED}/profile", {"bio": "Yin"}).json()["is_approved"] is True
    assert post(signed_in(customer), f"{LED}/profile", {}).json()["is_approved"] is False
    assert register(email="jane@example.com", role="user", bio="None")[1]["role"] == "user"
    second = make_house(name="Other")
    _client, user = register(email="ann@example.com", venue=second.venue.slug)
    assert Facilitator.objects.get(pk=user["facilitator_id"]).venue == second.venue
    twice = {"email": "x@example.com", "password": "A long Password 123", "role": "facilitator"}
    assert list(post(Client(), "/api/auth/register", twice).json()["fields"]) == ["venue"]


def test_what_is_taken_and_what_is_free_instead(house: House) -> None:
    john = house.add_facilitator()
    mia = signed_in(house.mia.user)
    assert put_up(mia).status_code == 201
    twice, elsewhere = put_up(mia, place="online"), put_up(signed_in(john.user))
    assert (told(twice), twice.json()["taken"]) == ((409, "taken"), "facilitator")
    assert (told(elsewhere), elsewhere.json()["taken"]) == ((409, "taken"), "place")
    manager = signed_in(make_member(house.venue))
    assert put_up(manager, 10, facilitator_id=john.pk).status_code == 201
    assert put_up(manager, 11).status_code == 404


def test_a_series_is_tried_put_up_moved_and_called_off(house: House) -> None:
    mia, repeat = signed_in(house.mia.user), {"rule": "FREQ=DAILY;COUNT=3", "skip": [f"{local(10):%Y-%m-%d}"]}
    preview = put_up(mia, repeat=repeat, dry_run=True)
    assert (preview.status_code, [day["available"] for day in preview.json()["dates"]]) == (200, [True] * 2)
    assert not Session.objects.exists()
    made = put_up(mia, repeat=repeat).json()
    assert len(made["session_ids"]) == 2
    assert made["series"]
    address = f"{SESSIONS}/{made['session_id']}"
    take(Session.objects.get(pk=made["session_id"]), quantity=2)
    later = {"start_time": local(9, 12).isoformat(), "end_time": local(9, 13).isoformat(), "scope": "all"}
    tried = mia.put(address, later | {"dry_run": True}, content_type=JSON).json()
    assert (len(tried["session_ids"]), tried["moved_bookings"]) == (2, 1)
    assert mia.put(address, later, content_type=JSON).status_code == 200
    assert {row.local_start.hour for row in Session.objects.select_related("venue")} == {12}
    told_first = post(mia, f"{address}/cancel", {"dry_run": True, "scope": "all"}).json()
    assert (told_first["cancelled_bookings"], told_first["people"]) == (1, 2)
    assert len(post(mia, f"{address}/cancel", {"scope": "all", "reason": "Ill"}).json()["session_ids"]) == 2
    assert set(Session.objects.values_list("status", flat=True)) == {"cancelled"}
    week = Client().get("/api/timetable", {"week": f"{local(9):%Y-%m-%d}"}).json()["sessions"]
    assert {row["status"] for row in week} == {"cancelled"}


def test_a_full_session_has_a_line(house: House) -> None:
    session = house.add_session(capacity=1)
    seat, user = take(session), make_user()
    mine, line = signed_in(user), f"{SESSIONS}/{session.pk}/waitlist"
    full = post(mine, BOOKINGS, {"session_id": session.pk})
    assert (told(full), full.json()["waitlist"]) == ((400, "fully_booked"), True)
    assert mine.get(line).json()["position"] is None
    joined = post(mine, line, {})
    assert (joined.status_code, joined.json()["position"], joined.json()["waiting"]) == (201, 1, 1)
    assert told(post(mine, line, {})) == (409, "already_waiting")
    assert mine.get(SESSIONS).json()[0]["waiting_by_me"] is True
    assert mine.delete(line).json()["position"] is None
    assert mine.delete(line).status_code == 200
    owner = signed_in(User.objects.get(seat_bookings=seat))
    assert owner.get(f"{BOOKINGS}/{seat.pk}/cancellation-quote").json()["fee"] == 0
    assert owner.delete(f"{BOOKINGS}/{seat.pk}").json()["booking_id"] == seat.pk
    again = post(owner, f"{BOOKINGS}/{seat.pk}/again", {})
    assert (again.status_code, again.json()["status"]) == (201, "confirmed")
    assert told(post(owner, f"{BOOKINGS}/{again.json()['booking_id']}/again", {})) == (400, "already_booked")


def test_a_retreat_with_tiers_and_a_plan(house: House) -> None:
    tiers = [
        {"name": "Shared", "price": 400, "quota": 1, "pays": "both"},
        {"name": "Single", "price": 600, "quota": 1, "deposit": 100},
    ]
    plan = [{"percent": 50, "days_before": 30}, {"percent": "50.00", "days_before": 3}]
    ends = local(11, 16).isoformat()
    made = put_up(
        signed_in(house.mia.user), session_type="retreat", end_time=ends, capacity=2, tiers=tiers, plan=plan
    ).json()
    mine, id = signed_in(make_user()), made["session_id"]
    shown = mine.get(f"{SESSIONS}/{id}").json()
    shared, single = shown["tiers"]
    assert (shared["price"], single["deposit"], shared["left"], len(shown["plan"])) == (400, 100, 1, 2)
    house.add_session(at(8))

    def prices() -> list[tuple[float, list[str]]]:
        rows = mine.get(SESSIONS).json()
        return [(row["price"], [tier["name"] for tier in row["tiers"]]) for row in rows]

    assert prices() == [(25, []), (400, ["Shared", "Single"])]
    assert told(post(mine, BOOKINGS, {"session_id": id})) == (400, "tier_needed")
    body = {"session_id": id, "tier_id": shared["id"], "pays_plan": True}
    booked = post(mine, BOOKINGS, body).json()
    detail = mine.get(f"{BOOKINGS}/{booked['booking_id']}").json()
    assert (booked["total"], [part["amount"] for part in detail["instalments"]]) == (400, [200, 200])
    refused = post(signed_in(make_user()), BOOKINGS, body)
    assert told(refused) == (409, "tier_sold_out")
    assert "alternatives" not in refused.json()
    shown = mine.get(f"{SESSIONS}/{id}").json()
    assert ([tier["left"] for tier in shown["tiers"]], shown["available_spots"]) == ([0, 1], 1)
    assert prices()[1][0] == 600  # the lowest on sale

    def change(**said: Any) -> tuple[int, str]:
        return told(signed_in(house.mia.user).put(f"{SESSIONS}/{id}", said, content_type=JSON))

    gone, late = [tiers[1] | {"id": single["id"]}], [{"percent": 100, "due_on": local(12).date().isoformat()}]
    assert change(tiers=gone) == change(plan=late) == change(plan=plan, title="Yin") == (400, "invalid")
    new = [{"id": shared["id"], "name": "Shared", "price": 450, "is_on_sale": False}, gone[0] | {"quota": 2}]
    assert change(tiers=new, plan=plan, version=1) == (200, "")
    assert change(tiers=new, version=1) == (409, "stale_version")
    shown = mine.get(f"{SESSIONS}/{id}").json()["tiers"]
    assert [tuple(tier[name] for name in ("price", "is_on_sale", "left")) for tier in shown] == [
        (450, False, 0),
        (600, True, 1),
    ]
    assert told(post(signed_in(make_user()), BOOKINGS, body)) == (400, "tier_not_sold")


def test_a_substitute_is_asked_for_and_accepts(house: House) -> None:
    session, john = house.add_session(), house.add_facilitator()
    mia, colleague, address = signed_in(house.mia.user), signed_in(john.user), f"{SESSIONS}/{session.pk}"

    def accept(body: dict[str, Any]) -> Any:
        return colleague.put(f"{address}/substitute", body, content_type=JSON)

    assert accept({}).status_code == 403
    asked = post(mia, f"{address}/substitute", {"note": "Ill"}).json()
    assert (asked["wanted"], [row["name"] for row in asked["colleagues"]]) == (True, ["John"])
    assert accept({}).json()["facilitator"]["name"] == "John"
    shown = signed_in(make_user()).get(address).json()
    assert (shown["facilitator"], shown["substitute_for"]) == ("John", "Mia")
    house.mia.is_public = False
    house.mia.save()
    assert signed_in(make_user()).get(address).json()["substitute_for"] == ""
    assert mia.get(f"{LED}/sessions/{session.pk}/bookings").status_code == 403
    assert colleague.get(f"{LED}/sessions/{session.pk}/bookings").status_code == 200


def test_nobody_who_has_left_takes_a_session_over(house: House) -> None:
    session, john = house.add_session(), house.add_facilitator()
    ask_for_substitute(session_id=session.pk, actor=STAFF)
    VenueMembership.objects.filter(user=john.user).delete()
    address = f"{SESSIONS}/{session.pk}/substitute"
    refused = signed_in(john.user).put(address, {"facilitator_id": john.pk}, content_type=JSON)
    assert told(refused) == (403, "forbidden")


def test_a_roster_figures_and_pay(house: House) -> None:
    session, mia = house.add_session(capacity=5), signed_in(house.mia.user)
    seat = take(session, notes="Bad knee")
    record_payment(reservation_id=seat.reservation_id, amount=Decimal(25), actor=STAFF)
    rate = PayRate.objects.create(venue=house.venue, name="Usual", base=30, per_head=Decimal("2.50"))
    set_pay_rate(facilitator=house.mia, pay_rate=rate)
    marks = {"marks": [{"booking_id": seat.pk, "attendance": "unknown"}]}
    rows = post(mia, f"{SESSIONS}/{session.pk}/attendance", marks).json()
    assert [(row["notes"], row["attendance"]) for row in rows] == [("Bad knee", "unknown")]
    foreign = {"marks": [{"booking_id": 10**6, "attendance": "present"}]}
    assert told(post(mia, f"{SESSIONS}/{session.pk}/attendance", foreign)) == (404, "not_found")

    with time_machine.travel(session.starts_at + timedelta(minutes=5)):
        body = marks | {"walk_in": {"name": "Bo", "quantity": 2}}
        came = post(mia, f"{SESSIONS}/{session.pk}/attendance", body).json()
    assert {(row["user"]["name"], row["attendance"], row["quantity"]) for row in came} == {
        (seat.reservation.customer_name, "unknown", 1),
        ("Bo", "present", 2),
    }
    work_out_payouts(session_ids=[session.pk])
    metrics = mia.get(f"{LED}/dashboard").json()["metrics"]
    assert (metrics["total_revenue"], metrics["payout"], metrics["fill_percent"]) == (25, 37.5, 60)
    nothing = mia.get(f"{LED}/dashboard", {"from": "2020-01-01", "to": "2020-02-01"}).json()["metrics"]
    assert (nothing["total_sessions"], nothing["total_revenue"]) == (0, 0)
    table = mia.get(f"{LED}/payouts.csv").content.decode("utf-8-sig")
    (row,) = csv.DictReader(StringIO(table))
    assert (row["facilitator"], row["amount"], row["settled"]) == ("Mia", "37.50", "")
    manager = signed_in(make_member(house.venue, Role.MANAGER))
    ids = {"ids": [Payout.objects.get().pk]}
    settle = f"{LED}/payouts/settle"
    assert told(post(manager, settle, ids | {"amounts": [30]})) == (409, "stale_version")
    assert told(post(manager, settle, ids | {"amounts": []})) == (400, "invalid")
    assert post(manager, settle, ids | {"amounts": [37.5]}).json()[0]["settled_at"]
    assert told(post(manager, f"{LED}/payouts/settle", ids)) == (400, "payout_settled")


def test_a_pass_pays_for_a_seat(house: House) -> None:
    session, user = house.add_session(), make_user()
    kind = PassKind.objects.create(venue=house.venue, name="Five", credits=5, price=100)
    assert Client().get("/api/pass-kinds").json()["results"][0]["price"] == 100
    staff, mine = signed_in(make_member(house.venue)), signed_in(user)
    body = {"kind_id": kind.pk, "customer": user.email, "is_paid": True}
    sold = post(staff, "/api/passes", body).json()
    assert (sold["left"], sold["is_paid"]) == (5, True)
    booked = post(mine, BOOKINGS, {"session_id": session.pk, "pass_id": sold["id"], "quantity": 2}).json()
    assert booked["total"] == 0
    (row,) = mine.get("/api/passes").json()["results"]
    assert (row["left"], mine.get(f"{BOOKINGS}/my").json()[0]["pass_id"]) == (3, sold["id"])
    fewer = patch(mine, f"{BOOKINGS}/{booked['booking_id']}", {"quantity": 1})
    assert fewer.json()["quantity"] == 1
    assert mine.delete(f"{BOOKINGS}/{booked['booking_id']}").json()["credits_returned"] is True
    assert post(mine, "/api/passes", {"kind_id": kind.pk}).json()["is_paid"] is False


def test_staff_book_for_others_and_types_say_what_is_usual(house: House) -> None:
    manager = signed_in(make_member(house.venue, Role.MANAGER))
    new = {"title": "Yin", "duration": 75, "capacity": 8, "price": "18.50", "venue": house.venue.slug}
    made = post(manager, "/api/class-types", new).json()
    assert (made["price"], made["waitlist_mode"]) == (18.5, "held")
    body = {"class_type": made["id"], "start_time": local(9, 10).isoformat(), "facilitator_id": house.mia.pk}
    id = post(manager, SESSIONS, body).json()["session_id"]
    shown = manager.get(f"{SESSIONS}/{id}").json()
    assert (shown["title"], shown["capacity"], shown["price"]) == ("Yin", 8, 18.5)
    guest = {"name": "Ada Lovelace", "email": "ada@example.com"}
    assert post(manager, BOOKINGS, {"session_id": id, "customer_info": guest}).status_code == 201
    assert SeatBooking.objects.get().guest_key == "ada@example.com"
    again = {"session_id": id, "customer_info": guest}
    assert told(post(manager, BOOKINGS, again)) == (400, "already_booked")


def test_a_facilitator_books_neither_a_colleagues_time_nor_a_room(house: House) -> None:
    colleague = signed_in(house.add_facilitator().user)
    for hidden in (house.mia.resource, house.studio.room, house.studio.seats):
        assert hidden
        body = {"resource_id": hidden.slug, "start": local(9, 10).isoformat(), "duration": 60}
        assert told(post(colleague, "/api/reservations", body)) == (404, "not_found")
