"""The addresses of document 001 literally: its examples, its own endpoint scenario, its client's workflow."""

import re
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey, User
from accounts.services.keys import create_key
from common.clock import now
from lending.enums import Status
from lending.models import Loan
from lending.services import approve_loan, end_leases
from lending.tests.helpers import NOBODY, ask, change_rules, make_thing, rules_of
from resources.enums import Role
from resources.models import Resource
from resources.services.products import offer_products
from tests.factories import PASSWORD, make_member, make_user, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]
JSON = "application/json"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


class Curl:
    """A program with a cookie jar that knows nothing of CSRF tokens."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client(enforce_csrf_checks=True)
        if user is not None:
            self.client.force_login(user)

    def post(self, address: str, body: Any = None) -> Any:
        if body is None:  # as ``curl -X POST``
            return self.client.generic("POST", address, "", content_type="")
        return self.client.post(address, body, content_type=JSON)

    def get(self, address: str, **query: Any) -> Any:
        return self.client.get(address, query)

    def active(self, number: int) -> dict[str, str]:
        """Who has it or waits for it, by name."""
        rows = self.get("/reservation/active", resource_id=number).json()["reservations"]
        return {row["user_name"]: row["status"] for row in rows}


def told(answer: Any) -> tuple[int, dict[str, Any]]:
    return answer.status_code, answer.json()


@pytest.fixture
def admin() -> Curl:
    """As the document calls it, signed in; there is a venue."""
    open_always(make_venue())
    User.objects.create_superuser("admin@example.com", PASSWORD, username="admin")
    curl = Curl()
    assert curl.post("/session/login", {"name": "admin", "password": PASSWORD}).status_code == 200
    return curl


def test_the_examples_of_the_document(admin: Curl) -> None:
    curl = Curl()
    alive = curl.get("/info/is_alive").json()
    assert alive == {"status": "alive", "service": "Reservia", "product": "Holdfast", "no_auth": False}
    assert curl.get("/info/get_version/").json() == {"version": settings.VERSION}
    answer = curl.post("/session/login", {"name": "admin", "password": PASSWORD})
    assert told(answer) == (200, {"message": "Login successful", "user_name": "admin"})
    assert settings.SESSION_COOKIE_NAME in answer.cookies

    person = {"name": "John Doe", "email": "john@example.com", "password": "long Password 123"}
    status, body = told(curl.post("/admin/user/add", person))
    john = User.objects.get(email="john@example.com")
    assert (status, body) == (201, {"message": "User created successfully", "user_id": str(john.pk)})
    room = {"name": "Meeting Room", "comment": "Conference room for 10 people"}
    status, body = told(curl.post("/admin/resource/add", room))
    number = body["resource_id"]
    assert (status, body) == (201, {"message": "Resource created successfully", "resource_id": number})
    assert Resource.objects.get(pk=number).description == room["comment"]

    status, body = told(curl.post("/reservation/request", {"resource_id": number}))
    first = {"message": "Reservation request successful", "resource_id": number, "status": "approved"}
    assert status == 201
    assert first.items() <= body.items()
    assert type(body["reservation_id"]) is int
    doe = Curl()
    assert doe.post("/session/login", {"name": "John Doe", "password": person["password"]}).status_code == 200
    status, waits = told(doe.post("/reservation/request/", {"resource_id": number}))
    assert (status, waits["status"], waits["position"], waits["ahead"]) == (201, "requested", 1, 0)

    status, body = told(curl.get("/reservation/active"))
    assert (status, body["message"], body["count"]) == (
        200,
        "Active reservations retrieved successfully",
        2,
    )
    own, other = body["reservations"]
    assert own | {"user_name": "admin", "resource_name": "Meeting Room", "status": "approved"} == own
    assert INSTANT.fullmatch(own["request_date"])
    assert INSTANT.fullmatch(own["approved_date"])
    assert (other["user_name"], other["status"], other["approved_date"]) == ("John Doe", "requested", None)
    assert (other["id"], other["user_id"], other["position"]) == (waits["reservation_id"], str(john.pk), 1)

    status, body = told(doe.post("/reservation/cancel", {"resource_id": number}))
    assert INSTANT.fullmatch(body.pop("cancelled_date"))
    ended = {"reservation_id": waits["reservation_id"], "resource_id": number}
    assert (status, body) == (200, {"message": "Reservation cancelled successfully", **ended})
    status, body = told(curl.post("/reservation/release", {"resource_id": number}))
    assert INSTANT.fullmatch(body.pop("released_date"))
    ended["reservation_id"] = own["id"]
    assert (status, body) == (200, {"message": "Reservation released successfully", **ended})

    answer = curl.post("/session/logout")
    assert told(answer) == (200, {"message": "Logout successful"})
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""
    assert told(curl.post("/session/logout/")) == (200, {"message": "Not signed in"})
    assert curl.post("/admin/user/add", person).status_code == 401


def test_its_scenario_of_four_people_and_two_things(admin: Curl) -> None:
    """Passwords arrive as SHA-256, as its later clients send them: a password like any other."""
    people = {}
    for name in ("user1", "user2", "user3", "user4"):
        password = sha256(f"pass{name[-1]}".encode()).hexdigest()
        body = {"name": name, "email": f"{name}@example.com", "password": password}
        assert admin.post("/admin/user/add", body).status_code == 201
        people[name] = Curl()
        answer = people[name].post("/session/login", {"name": name, "password": password})
        assert told(answer) == (200, {"message": "Login successful", "user_name": name})
    bench, scope = (
        admin.post("/admin/resource/add", {"name": name, "comment": "Test"}).json()["resource_id"]
        for name in ("resource1", "resource2")
    )
    one, two = people["user1"], people["user2"]
    for curl in people.values():
        assert curl.post("/reservation/request", {"resource_id": bench}).status_code == 201
    for curl in (one, two):
        assert curl.post("/reservation/request", {"resource_id": scope}).status_code == 201
    waiting = dict.fromkeys(("user2", "user3", "user4"), "requested")
    assert one.active(bench) == {"user1": "approved", **waiting}
    assert list(one.active(bench)) == list(people)
    assert one.active(scope) == {"user1": "approved", "user2": "requested"}

    # What one has is not cancelled but released.
    answer = one.post("/reservation/cancel", {"resource_id": bench})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert one.active(bench) == {"user1": "approved", **waiting}
    assert two.post("/reservation/cancel", {"resource_id": bench}).status_code == 200
    assert one.active(bench) == {"user1": "approved", "user3": "requested", "user4": "requested"}
    assert one.post("/reservation/release", {"resource_id": bench}).status_code == 200
    assert one.active(bench) == {"user3": "approved", "user4": "requested"}
    assert one.active(scope) == {"user1": "approved", "user2": "requested"}
    assert one.post("/reservation/release", {"resource_id": scope}).status_code == 200
    assert one.active(scope) == {"user2": "approved"}
    everything = one.get("/reservation/active/all_users").json()
    assert everything["message"] == "All active reservations retrieved successfully"
    assert everything["count"] == 3


def test_what_its_own_tests_ask_of_adding(admin: Curl) -> None:
    person = {"name": "testuser", "email": "test@example.com", "password": "long Password 123"}
    assert admin.post("/admin/user/add", person).status_code == 201
    refused = {
        "username_exists": admin.post("/admin/user/add", person | {"email": "different@example.com"}),
        "email_exists": admin.post("/admin/user/add", person | {"name": "differentuser"}),
    }
    assert {answer.json()["code"]: answer.status_code for answer in refused.values()} == dict.fromkeys(
        refused, 409
    )
    assert "testuser" in refused["username_exists"].json()["error"]
    assert "test@example.com already exists" in refused["email_exists"].json()["error"]
    assert admin.post("/admin/user/add", {"name": "Test User"}).status_code == 400
    short = {"name": "x1", "email": "x@example.com", "password": "short"}
    weak = admin.post("/admin/user/add", short)
    assert (weak.status_code, list(weak.json()["fields"])) == (400, ["password"])
    assert User.objects.count() == 2

    assert admin.post("/admin/resource/add", {"name": "Meeting Room", "comment": "One"}).status_code == 201
    assert admin.post("/admin/resource/add", {"name": "Projector"}).status_code == 201
    twice = admin.post("/admin/resource/add", {"name": "Meeting Room", "comment": "Another"})
    assert (twice.status_code, twice.json()["code"]) == (409, "resource_exists")
    assert "Meeting Room already exists" in twice.json()["error"]
    assert admin.post("/admin/resource/add", {"comment": "No name"}).status_code == 400


def test_the_workflow_of_its_client_script() -> None:
    """Ask, wait with keep-alives, work with keep-alives, release; another one waits meanwhile."""
    thing = make_thing(lease=10, queue_lease=10)
    holder, script = Curl(make_user()), Curl(make_user())
    number = {"resource_id": thing.pk}
    assert holder.post("/reservation/request", number).json()["status"] == "approved"
    own = script.get("/reservation/active/user", **number)
    assert told(own) == (
        200,
        {"message": "User active reservation retrieved successfully", "reservation": None},
    )
    assert script.post("/reservation/request", number).status_code == 201

    def status() -> str:
        found = script.get("/reservation/active/user", **number).json()["reservation"]
        return str(found["status"])

    assert status() == "requested"
    before = now()
    kept = script.post("/reservation/keep_alive", number).json()
    assert kept["message"] == "Reservation kept alive successfully"
    assert datetime.fromisoformat(kept["valid_until_date"]) >= before + timedelta(minutes=9)
    # The lease of the one who has it runs out: the script's turn.
    Loan.objects.filter(status=Status.OUT).update(valid_until=now())
    end_leases(now=now() + timedelta(seconds=1))
    assert status() == "approved"
    kept = script.post("/reservation/keep_alive", number).json()
    assert datetime.fromisoformat(kept["valid_until_date"]) >= before + timedelta(minutes=9)
    assert script.post("/reservation/release", number).status_code == 200
    assert script.get("/reservation/active/user", **number).json()["reservation"] is None
    gone = script.post("/reservation/keep_alive", number)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


def test_whose_time_ran_out_is_told_so() -> None:
    lent, wanted = make_thing(lease=10), make_thing(queue_lease=10)
    ask(wanted)
    curl = Curl(make_user())
    for thing in (lent, wanted):
        assert curl.post("/reservation/request", {"resource_id": thing.pk}).status_code == 201
    Loan.objects.filter(valid_until__isnull=False).update(valid_until=now())
    end_leases(now=now() + timedelta(seconds=1))
    for thing, path, answer in (
        (lent, "keep_alive", (409, "lease_over")),
        (lent, "release", (404, "ran_out")),
        (wanted, "keep_alive", (409, "lease_over")),
        (wanted, "cancel", (404, "ran_out")),
    ):
        refused = curl.post(f"/reservation/{path}", {"resource_id": thing.pk})
        assert (refused.status_code, refused.json()["code"]) == answer, path
        assert "run out" in refused.json()["error"]
    number = {"resource_id": lent.pk}
    assert curl.post("/reservation/request", number).status_code == 201
    assert curl.post("/reservation/release", number).status_code == 200
    assert curl.post("/reservation/release", number).json()["code"] == "not_found"


def test_without_a_lease_there_is_nothing_to_keep() -> None:
    thing, curl = make_thing(), Curl(make_user())
    assert curl.post("/reservation/request", {"resource_id": thing.pk}).json()["valid_until"] is None
    kept = curl.post("/reservation/keep_alive", {"resource_id": thing.pk})
    assert (kept.status_code, kept.json()["valid_until_date"]) == (200, None)


def test_a_thing_is_named_by_number_id_or_slug() -> None:
    thing, curl = make_thing(), Curl(make_user())
    for name in (thing.pk, str(thing.pk), str(thing.uuid), thing.slug):
        answer = curl.post("/reservation/request", {"resource_id": name})
        assert (answer.status_code, answer.json()["resource_id"]) == (201, thing.pk)
        assert curl.post("/reservation/release", {"resource_id": name}).status_code == 200


def test_what_is_ready_to_be_fetched_is_given_up_by_release() -> None:
    thing, user = make_thing(pickup_window=60), make_user()
    loan = ask(thing, user)
    answer = Curl(user).post("/reservation/release", {"resource_id": thing.pk})
    assert (answer.status_code, answer.json()["reservation_id"]) == (200, loan.pk)
    assert answer.json()["message"] == "Reservation released successfully"
    assert Loan.objects.get().status == Status.CANCELLED


def test_staff_release_what_someone_had_and_confirm_returns() -> None:
    thing, user, stranger = make_thing(return_by="staff"), make_user(), make_user()
    staff, elsewhere = make_member(thing.venue), make_member(make_venue())
    ask(thing, user)
    body: dict[str, Any] = {"resource_id": thing.pk}
    own = Curl(user).post("/reservation/release", body)
    assert (own.status_code, own.json()["code"]) == (403, "staff_confirm_returns")
    body["user_id"] = str(user.pk)
    for who, expected in ((stranger, 403), (elsewhere, 404), (staff, 200), (staff, 404)):
        assert Curl(who).post("/reservation/release", body).status_code == expected, who


def test_names_are_shown_as_the_rules_say() -> None:
    thing = make_thing()
    ada = make_user(first_name="Ada", last_name="Lovelace")
    ask(thing, ada)
    reader = Curl(make_user())

    def read() -> tuple[str, str | None]:
        (row,) = reader.get("/reservation/active", resource_id=thing.pk).json()["reservations"]
        return row["user_name"], row["user_id"]

    assert read() == ("A. L.", None)
    change_rules(thing, names_shown="staff")
    assert read() == ("", None)
    change_rules(thing, names_shown="everybody")
    assert read() == ("Ada Lovelace", str(ada.pk))


def test_whoever_has_it_brings_back_what_is_not_lent_any_more() -> None:
    thing, user = make_thing(), make_user()
    ask(thing, user)
    thing.is_active = False
    thing.save()
    curl = Curl(user)
    assert curl.post("/reservation/request", {"resource_id": thing.pk}).status_code == 404
    assert curl.post("/reservation/release", {"resource_id": thing.pk}).status_code == 200


def test_ones_own_is_there_once_the_venue_lends_no_more() -> None:
    thing, me = make_thing(), make_user()
    loan = ask(thing, me)
    offer_products(venue=thing.venue, names=[])
    own = Curl(me)
    found = told(own.get("/reservation/active/user", resource_id=thing.pk))
    assert (found[0], found[1]["reservation"]["id"]) == (200, loan.pk)
    assert own.get("/reservation/active").json()["count"] == 1
    (row,) = own.get("/reservation/active", resource_id=thing.pk).json()["reservations"]
    assert row["id"] == loan.pk
    for path in ("/reservation/active", "/reservation/active/user"):
        assert Curl(make_user()).get(path, resource_id=thing.pk).status_code == 404
    assert own.post("/reservation/release", {"resource_id": thing.pk}).status_code == 200
    assert own.get("/reservation/active", resource_id=thing.pk).status_code == 404


def test_lists_cost_the_same_however_long() -> None:
    thing, user = make_thing(), make_user()
    curl = Curl(user)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert curl.get("/reservation/active").status_code == 200
        return len(captured)

    ask(thing)
    ask(thing)
    cost()
    few = cost()
    for _ in range(4):
        ask(make_thing(thing.venue, rules_of(thing)), user)
        ask(thing)
    assert cost() == few <= 7


def test_people_and_things_are_changed_by_those_who_may(admin: Curl) -> None:
    user, other = make_user(), make_user()
    create_key(user=user, name="Till", scopes=["read"])
    new = {"user_id": str(user.pk), "password": "another long password", "email": "New@example.com"}
    assert told(admin.post("/admin/user/modify", new)) == (
        200,
        {"message": "User modified successfully", "user_id": str(user.pk)},
    )
    user.refresh_from_db()
    assert user.check_password(new["password"])
    assert user.email == "new@example.com"
    assert ApiKey.objects.get().revoked_at is not None
    taken = admin.post("/admin/user/modify", {"user_id": str(user.pk), "email": other.email})
    assert (taken.status_code, taken.json()["code"]) == (409, "email_exists")
    assert admin.post("/admin/user/modify", {"user_id": str(user.pk)}).status_code == 400

    own = {"user_id": str(other.pk), "password": "my new long password"}
    stale = Curl(other).post("/admin/user/modify", own)
    assert (stale.status_code, stale.json()["code"]) == (403, "reauthentication_needed")
    curl = Curl()
    curl.post("/session/login", {"name": other.email, "password": PASSWORD})
    assert curl.post("/admin/user/modify", own).status_code == 200
    assert curl.get("/session/status").json() == {
        "logged_in": True,
        "user_id": str(other.pk),
        "user_email": other.email,
        "user_name": other.email,
        "role": "user",
    }
    assert told(Curl().get("/session/status"))[1].items() >= {"logged_in": False}.items()

    thing = make_thing()
    manager = make_member(thing.venue, Role.MANAGER)
    body = {"resource_id": thing.pk, "name": "Scope", "comment": "With probes"}
    done = {"message": "Resource modified successfully", "resource_id": thing.pk}
    assert told(Curl(manager).post("/admin/resource/modify", body)) == (200, done)
    listed = Curl().get("/info/resources").json()
    assert {"id": thing.pk, "name": "Scope", "comment": "With probes"} in listed["resources"]
    ask(thing, user)
    people = Curl(manager).get("/info/users").json()
    assert {row["email"]: row["role"] for row in people["users"]} == {
        user.email: "user",
        manager.email: "admin",
    }


def test_staff_approve_and_the_program_sees_it() -> None:
    thing, user = make_thing(approval="manual"), make_user()
    curl = Curl(user)
    asked = curl.post("/reservation/request", {"resource_id": thing.pk}).json()
    assert (asked["status"], asked["position"]) == ("requested", 1)
    approve_loan(loan_id=Loan.objects.get().uuid, actor=NOBODY)
    own = curl.get("/reservation/active/user", resource_id=thing.slug).json()["reservation"]
    assert own["status"] == "approved"
