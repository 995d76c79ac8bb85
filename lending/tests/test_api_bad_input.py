"""What lending refuses over HTTP: a clear error, nothing changed, never a 500."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from lending.models import Loan, LoanEvent, Queue
from lending.tests.helpers import ask, make_thing
from reservations.tests.api_helpers import local, post, skipped_hour
from resources.models import Resource
from tests.factories import make_member, make_resource, make_user, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BERLIN = ZoneInfo("Europe/Berlin")
ASK, API = "/reservation/request", "/api/lending/loans"


def dates(start: Any, end: Any) -> dict[str, Any]:
    return {"wanted_from": start, "wanted_until": end}


AHEAD = local(3).isoformat()
LATER = local(4).isoformat()
REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"colour": "red"}, 400, "unknown_field", "colour"),
    ({"status": "approved"}, 400, "unknown_field", "status"),
    ({"period": 0}, 400, "invalid", "period"),
    ({"period": -5}, 400, "invalid", "period"),
    ({"period": 1.5}, 400, "invalid", "period"),
    ({"period": True}, 400, "invalid", "period"),
    ({"period": 10**9}, 400, "invalid", "period"),
    ({"period": 2000}, 400, "too_long", ""),
    ({"units": 0}, 400, "invalid", "units"),
    ({"units": -1}, 400, "invalid", "units"),
    ({"units": 10**12}, 400, "invalid", "units"),
    ({"units": 2}, 400, "invalid", "units"),
    ({"units": "many"}, 400, "invalid", "units"),
    ({"purpose": "x" * 501}, 400, "invalid", "purpose"),
    ({"purpose": ["x"]}, 400, "invalid", "purpose"),
    ({"wanted_until": LATER}, 400, "invalid", "wanted_from"),
    ({"wanted_from": AHEAD}, 400, "invalid", "wanted_until"),
    (dates(LATER, AHEAD), 400, "invalid", "wanted_until"),
    (dates("2020-01-01T10:00", "2020-01-01T12:00"), 400, "past", ""),
    (dates(AHEAD, local(4 + 3).isoformat()), 400, "too_long", ""),
    (dates(local(400).isoformat(), local(400, 12).isoformat()), 400, "too_far", ""),
    (dates(skipped_hour(), skipped_hour()[:11] + "05:00"), 400, "nonexistent_time", "wanted_from"),
    (dates("tomorrow", LATER), 400, "invalid_time", "wanted_from"),
    (dates(AHEAD[:-9] + ":30" + AHEAD[-6:], LATER), 400, "invalid_time", "wanted_from"),
    (dates(5, LATER), 400, "invalid_time", "wanted_from"),
]
NAMES: list[Any] = [True, False, 0, -1, 1.5, "", " ", "1.5", "a b", None, [], {}, [1], "\x00", "x" * 200]


@pytest.fixture
def thing() -> Resource:
    return make_thing(longest=1440, loan_period=60)


@pytest.fixture
def client(thing: Resource) -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def count() -> tuple[int, int, int]:
    return Loan.objects.count(), LoanEvent.objects.count(), Queue.objects.count()


def test_requests_that_cannot_be(client: Client, thing: Resource) -> None:
    """At both doors alike."""
    before = count()
    for address, name in ((ASK, thing.pk), (API, str(thing.uuid))):
        for fields, status, code, field in REFUSED:
            answer = post(client, address, {"resource_id": name} | fields)
            said = answer.json()
            assert (answer.status_code, said["code"]) == (status, code), (address, fields, said)
            assert list(said.get("fields", {})) == ([field] if field else []), (address, fields, said)
    assert count() == before


def test_names_of_things_that_are_none(client: Client) -> None:
    for address in (ASK, "/reservation/cancel", "/reservation/release", "/reservation/keep_alive", API):
        for name in NAMES:
            answer = post(client, address, {"resource_id": name})
            expected = (400, 404) if address == API else (400,)  # where any text may be a slug
            assert answer.status_code in expected, (address, name, answer.content)
        missing = post(client, address, {})
        assert (missing.status_code, list(missing.json()["fields"])) == (400, ["resource_id"])
    for text in ("", "1.5", "a b", "true", "-1"):
        answer = client.get("/reservation/active", {"resource_id": text})
        assert answer.status_code in (400, 404), text
    assert client.get("/reservation/active", {"resource_id": "1.5"}).status_code == 400
    assert client.get("/reservation/active/user").status_code == 400
    assert post(client, ASK, {"resource_id": 10**30}).status_code == 404


def test_what_is_not_there_or_not_lent(client: Client) -> None:
    hidden = make_thing()
    Resource.objects.filter(pk=hidden.pk).update(is_listed=False)
    before = count()
    for unknown in (make_resource(), hidden):
        for address, name in ((ASK, unknown.pk), (API, unknown.slug)):
            answer = post(client, address, {"resource_id": name})
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), address
    assert count() == before


def test_bodies_that_are_no_json_objects(client: Client, thing: Resource) -> None:
    before = count()
    for body in ("{", "[]", "1", "null", '"x"', "", "NaN", "{'resource_id': 1}", b"\xff\xfe"):
        for address in (ASK, API, "/session/login", "/reservation/release"):
            answer = post(client, address, body)
            assert answer.status_code == 400, (address, body, answer.content)
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
        for address in (ASK, API):
            answer = client.post(address, f"resource_id={thing.pk}", content_type=kind)
            assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert count() == before


def test_a_second_request_and_what_is_not_out(client: Client, thing: Resource) -> None:
    name = {"resource_id": thing.pk}
    assert post(client, "/reservation/release", name).status_code == 404
    assert post(client, ASK, name).status_code == 201
    before = count()
    for address, body in ((ASK, name), (API, {"resource_id": thing.slug})):
        again = post(client, address, body)
        assert (again.status_code, again.json()["code"]) == (409, "duplicate_reservation")
    assert count() == before
    assert post(client, "/reservation/release", name).status_code == 200
    assert post(client, "/reservation/release", name).status_code == 404


def test_others_bring_nothing_back(thing: Resource) -> None:
    loan = ask(thing)
    other, elsewhere, staff = make_user(), make_member(make_venue()), make_member(thing.venue)

    def answers(call: Callable[[Client], Any]) -> list[int]:
        found = []
        for who in (other, elsewhere, staff):
            client = Client()
            client.force_login(who)
            found.append(call(client).status_code)
        return found

    body = {"resource_id": thing.pk, "user_id": str(loan.borrower_id)}
    assert answers(lambda client: post(client, f"{API}/{loan.uuid}/return", {"colour": 1})) == [404, 404, 400]
    assert answers(lambda client: post(client, "/reservation/release", body)) == [403, 404, 200]
    assert answers(lambda client: post(client, f"{API}/{loan.uuid}/return")) == [404, 404, 400]


STEPS: dict[str, list[Any]] = {
    "approve": [{"resource_id": "none"}, {"version": 0}, {"reason": "no such field"}],
    "decline": [{"reason": 5.5}, {"reason": "x" * 501}],
    "hand-out": [{"copy_code": "x" * 51}, {"condition": []}],
    "suspend": [{"until": "later"}, {"until": "2020-01-01T10:00Z"}, {"until": 5}],
    "recall": [{"due_at": "soon"}, {"due_at": {}}],
    "move": [{}, {"reason": ""}, {"reason": " "}, {"reason": "x", "before": "y"}],
    "swap": [{}, {"resource_id": "none"}, {"resource_id": 1.5}],
    "force-return": [{}, {"reason": "  "}],
    "renew": [{"override": "yes"}, {"override": 1}],
    "keep-alive": [{"minutes": 5}],
}


def test_steps_with_nonsense(thing: Resource) -> None:
    loan = ask(thing)
    staff = Client()
    staff.force_login(make_member(thing.venue))
    for name, bodies in STEPS.items():
        for body in [*bodies, "[]", "{"]:
            answer = post(staff, f"{API}/{loan.uuid}/{name}", body)
            assert answer.status_code == 400, (name, body, answer.content)
    for address in (f"{API}/none", f"{API}/{loan.pk}", f"{API}/{thing.uuid}", f"{API}/{thing.uuid}/return"):
        assert post(staff, address).status_code in (404, 405), address
    assert Loan.objects.get().version == loan.version


QUERIES = {
    API: [
        {"mine": "maybe"},
        {"status": "gone"},
        {"due_before": "soon"},
        {"ordering": "name"},
        {"overdue": "x"},
    ],
    "/api/lending/things": [{"free_now": "perhaps"}, {"sort": "price"}, {"kind": "ship"}, {"colour": "red"}],
    "/api/lending/scan": [{}, {"code": ""}, {"code": "\x00"}],
}


def test_questions_that_make_no_sense(thing: Resource) -> None:
    staff = Client()
    staff.force_login(make_member(thing.venue))
    for address, queries in QUERIES.items():
        for query in queries:
            answer = staff.get(address, query)
            assert answer.status_code == 400, (address, query, answer.content)
    times = f"/api/lending/things/{thing.uuid}/timeline"
    for query in ({"from": "x"}, {"from": LATER, "to": AHEAD}, {"to": local(400).isoformat()}):
        assert staff.get(times, query).status_code == 400, query
    assert staff.get("/api/lending/scan", {"code": "unknown"}).status_code == 404
    assert staff.get("/api/lending/things", {"venue": "none"}).json()["count"] == 0
