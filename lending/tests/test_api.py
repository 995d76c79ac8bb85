"""Lending over ``/api/lending/``: what is there, who waits, and the whole life of a loan."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services.keys import create_key
from common.clock import now
from lending.enums import Status
from lending.models import Loan
from lending.tests.api_helpers import LOANS, THINGS, step
from lending.tests.helpers import ask, make_thing, rules_of, status
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Purpose
from reservations.services import block_time
from reservations.tests.api_helpers import local, patch, post, signed_in
from resources.models import Feature
from resources.services.products import offer_products
from tests.factories import make_group, make_leader, make_member, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """What is expected is kept by number, and rolled back tests use numbers again."""
    cache.clear()


def names(answer: Any) -> list[str]:
    return [row["name"] for row in answer.json()["results"]]


def test_things_as_they_stand_now() -> None:
    free = make_thing(units=3)
    out, queued = make_thing(free.venue, rules_of(free)), make_thing(free.venue, loan_period=60)
    for thing, name in ((free, "Amplifier"), (out, "Bench"), (queued, "Camera")):
        thing.name = name
        thing.save()
    free.features.add(Feature.objects.create(venue=free.venue, name="Probe", slug="probe"))
    free.save()
    make_resource(free.venue)
    ask(free)
    ask(out)
    first = ask(queued)
    ask(queued)
    rows = Client().get(THINGS).json()["results"]
    assert [row["name"] for row in rows] == [free.name, out.name, queued.name]
    figures = [(row["units"], row["free"], row["out"], row["waiting"]) for row in rows]
    assert figures == [(3, 2, 1, 0), (1, 0, 1, 0), (1, 0, 1, 1)]
    assert rows[0]["expected"] is None
    assert rows[1]["expected"] == {
        "ahead": 0,
        "sure_by": None,
        "likely_minutes": None,
        "most_minutes": None,
    }
    due = Loan.objects.get(pk=first.pk).due_at
    assert due
    assert datetime.fromisoformat(rows[2]["expected"]["sure_by"]) == due + timedelta(minutes=60)
    assert (rows[0]["number"], rows[0]["features"]) == (free.pk, ["probe"])
    assert rows[2]["terms"]["loan_period"] == 60
    asked: list[tuple[dict[str, Any], list[str]]] = [
        ({"free_now": "true"}, [free.name]),
        ({"free_now": "false"}, [out.name, queued.name]),
        ({"feature": "probe"}, [free.name]),
        ({"q": out.name}, [out.name]),
        ({"kind": "room"}, []),
        ({"venue": free.venue.slug, "sort": "waiting", "page_size": 2}, [free.name, out.name]),
    ]
    for query, found in asked:
        assert names(Client().get(THINGS, query)) == found, query
    offer_products(venue=free.venue, names=[])
    assert names(Client().get(THINGS)) == []
    assert Client().get(f"{THINGS}/{free.uuid}").status_code == 404


def test_what_is_likely_is_drawn_from_the_past_and_kept() -> None:
    thing = make_thing()
    ask(thing)
    loan = Loan.objects.get()
    at = now()
    for minutes in (30, 30, 30, 60, 60, 90):
        loan = Loan(
            venue=thing.venue,
            queue=loan.queue,
            seq=loan.seq + 1,
            resource=thing,
            borrower=loan.borrower,
            status=Status.RETURNED,
            reservation=block_time(
                venue_id=thing.venue_id,
                items=[ItemRequest(make_resource(thing.venue).pk)],
                start=local(5),
                end=local(5, 11),
                title="Past",
                purpose=Purpose.BLOCK,
                actor=Actor(),
            ),
            requested_at=at - timedelta(days=2),
            approved_at=at - timedelta(days=1),
            ended_at=at - timedelta(days=1) + timedelta(minutes=minutes),
        )
        loan.save()
    cache.clear()

    def expected() -> tuple[Any, int]:
        with CaptureQueriesContext(connection) as captured:
            row = Client().get(f"{THINGS}/{thing.uuid}").json()
        return row["expected"], len(captured)

    expected()
    cache.clear()
    found, cold = expected()
    assert 0 < found["likely_minutes"] <= found["most_minutes"] <= 90
    assert found["sure_by"] is None
    again, warm = expected()
    assert (again, cold - warm) == (found, 2)


def test_lists_of_things_cost_the_same_however_many_and_busy() -> None:
    thing = make_thing()
    rules = rules_of(thing)

    def cost() -> int:
        Client().get(THINGS)
        with CaptureQueriesContext(connection) as captured:
            assert Client().get(THINGS).status_code == 200
        return len(captured)

    ask(thing)
    ask(thing)
    few = cost()
    for _ in range(3):
        more = make_thing(thing.venue, rules)
        ask(more)
        ask(more)
    assert cost() == few <= 8


def test_the_queue_tells_everybody_as_much_as_they_may_know() -> None:
    thing = make_thing()
    ask(thing)
    ada = make_user(first_name="Ada", last_name="Lovelace")
    own = ask(thing, ada)
    ask(thing)
    address = f"{THINGS}/{thing.uuid}/queue"
    assert Client().get(address).status_code == 401
    stranger, owner, staff = (
        signed_in(user).get(address).json()["results"]
        for user in (make_user(), ada, make_member(thing.venue))
    )
    assert [row["position"] for row in stranger] == [1, 2]
    assert (stranger[0]["name"], stranger[0]["loan_id"]) == ("A. L.", None)
    assert (owner[0]["name"], owner[0]["is_own"]) == ("Ada Lovelace", True)
    assert owner[0]["loan_id"] == staff[0]["loan_id"] == str(own.uuid)
    assert (owner[1]["loan_id"], staff[1]["loan_id"] is None) == (None, False)


def test_the_timeline_shows_loans_and_other_bookings() -> None:
    thing = make_thing()
    user = make_user(first_name="Ada", last_name="Lovelace")
    loan = ask(thing, user, wanted_from=local(2), wanted_until=local(2, 12))
    block_time(
        venue_id=thing.venue_id,
        items=[ItemRequest(thing.pk)],
        start=local(3),
        end=local(3, 11),
        title="Secret repair",
        purpose=Purpose.BLOCK,
        actor=Actor(),
    )
    open_ended = ask(thing, period=None)
    address = f"{THINGS}/{thing.uuid}/timeline"
    now_out, dated, busy = Client().get(address).json()["entries"]
    assert (now_out["kind"], now_out["name"]) == ("loan", "")
    assert now_out["end"] == local(2).isoformat()  # until the next booking
    assert (dated["start"], dated["end"], dated["kind"]) == (
        local(2).isoformat(),
        local(2, 12).isoformat(),
        "loan",
    )
    assert (busy["kind"], busy["name"], busy["loan_id"]) == ("busy", "", None)
    mine = signed_in(user).get(address).json()["entries"][1]
    assert (mine["name"], mine["is_own"], mine["loan_id"]) == ("Ada Lovelace", True, str(loan.uuid))
    others = signed_in(make_user()).get(address).json()["entries"][1]
    assert (others["name"], others["loan_id"]) == ("A. L.", None)
    staff = signed_in(make_member(thing.venue)).get(address, {"to": local(1).isoformat()}).json()["entries"]
    assert [row["loan_id"] for row in staff] == [str(open_ended.uuid)]


def test_a_loan_from_asking_to_its_return() -> None:
    thing = make_thing(approval="manual", pickup_window=60, loan_period=1440)
    user, staff = make_user(), make_member(thing.venue)
    client, desk = signed_in(user), signed_in(staff)
    headers = {"Idempotency_Key": "a-key-of-more-than-16"}
    body = {"resource_id": thing.slug, "purpose": "A demonstration", "units": 1}
    answer = post(client, LOANS, body, **headers)
    made = answer.json()
    assert (answer.status_code, made["status"], made["position"]) == (201, "requested", 1)
    assert answer["Location"].endswith(f"/api/lending/loans/{made['id']}")
    assert post(client, LOANS, body, **headers).json()["id"] == made["id"]
    assert Loan.objects.count() == 1
    assert made["allowed_actions"] == ["cancel", "suspend"]
    assert made["number"] == Loan.objects.get().pk

    id = made["id"]
    stale = post(client, f"{LOANS}/{id}/suspend", {}, If_Match='"99"')
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert step(client, id, "suspend").json()["suspended_until"]
    assert step(client, id, "resume").json()["suspended_until"] is None
    answer = client.get(f"{LOANS}/{id}")
    changed = patch(client, f"{LOANS}/{id}", {"purpose": "A talk"}, If_Match=answer["ETag"])
    assert (changed.status_code, changed.json()["purpose"]) == (200, "A talk")
    assert patch(client, f"{LOANS}/{id}", {"priority": 5}).status_code == 403
    assert patch(desk, f"{LOANS}/{id}", {"priority": 5}).json()["priority"] == 5
    assert step(client, id, "approve").status_code == 403

    approved = step(desk, id, "approve").json()
    assert (approved["status"], approved["allowed_actions"]) == ("approved", ["cancel", "hand-out", "swap"])
    assert approved["valid_until"]
    out = step(desk, id, "hand-out", condition="As new").json()
    assert (out["status"], out["condition_out"], out["position"]) == ("out", "As new", None)
    assert "renew" in client.get(f"{LOANS}/{id}").json()["allowed_actions"]
    later = out["due_at"]
    recalled = step(desk, id, "recall", reason="Needed").json()
    assert recalled["recalled_at"]
    assert recalled["due_at"] <= later
    back = step(client, id, "return", condition="Dusty").json()
    assert (back["status"], back["condition_in"], back["allowed_actions"]) == ("returned", "Dusty", [])
    again = step(client, id, "return")
    assert (again.status_code, again.json()["code"]) == (400, "transition_not_allowed")

    told = desk.get(f"{LOANS}/{id}/history").json()["results"]
    kinds = [event["kind"] for event in told]
    assert kinds[:2] == ["requested", "in_turn"]
    assert kinds[-1] == "returned"
    assert {event["actor"] for event in told} >= {user.email, staff.email}
    seen = client.get(f"{LOANS}/{id}/history").json()["results"]
    assert {event["actor"] for event in seen} == {None}
    edits = [event["changes"] for event in seen if event["kind"] == "edited"]
    assert edits[0] == {"purpose": ["A demonstration", "A talk"]}


def test_steps_of_staff_and_the_queue() -> None:
    thing = make_thing(lease=10, loan_period=1440)
    other = make_thing(thing.venue, rules_of(thing))
    desk = signed_in(make_member(thing.venue))
    holder, second, third = ask(thing), ask(thing), ask(thing)
    ready = step(desk, third, "move", before=str(second.uuid), reason="Urgent").json()
    assert (ready["position"], ready["expected"]["ahead"]) == (1, 0)
    assert ready["expected"]["sure_by"]
    swapped = step(desk, holder, "swap", resource_id=other.slug).json()
    assert swapped["resource"]["slug"] == other.slug
    assert status(third, second) == ["out", "requested"]  # what it had went to the next
    gone = step(desk, holder, "lost", reason="In the canal").json()
    assert (gone["status"], gone["reason"]) == ("lost", "In the canal")
    assert step(desk, holder, "found").json()["status"] == "returned"
    kept = signed_in(third.borrower)
    assert step(kept, third, "keep-alive").json()["valid_until"]
    histories = [client.get(f"{LOANS}/{third.uuid}/history").json()["results"] for client in (kept, desk)]
    seen, told = ({event["kind"]: event["changes"] for event in events} for events in histories)
    # Behind whom they stood is for staff.
    assert (seen["moved"], told["moved"]["before"]) == ({"reason": "Urgent"}, str(second.uuid))
    forced = step(desk, third, "force-return", reason="Needed").json()
    assert (forced["status"], status(second)) == ("returned", ["out"])
    declined = ask(thing)
    assert step(desk, declined, "decline", reason="Closed").json()["status"] == "declined"
    waiting = ask(thing)
    assert step(signed_in(waiting.borrower), waiting, "cancel").json()["status"] == "cancelled"


def test_renewing_while_someone_waits_is_for_staff() -> None:
    thing = make_thing(loan_period=1440)
    loan = ask(thing)
    ask(thing)
    Loan.objects.filter(pk=loan.pk).update(due_at=local(0, 23, 59) - timedelta(days=1))
    owner = signed_in(loan.borrower)
    refused = step(owner, loan, "renew")
    assert (refused.status_code, refused.json()["code"]) == (409, "wanted")
    assert step(owner, loan, "renew", override=True).status_code == 403
    desk = signed_in(make_member(thing.venue))
    assert step(desk, loan, "renew", override=True).json()["renewals_used"] == 1


def test_on_behalf_of_others_and_any_of_a_group() -> None:
    one = make_thing()
    group = make_group([one, make_thing(one.venue, rules_of(one))])
    user, staff = make_user(username="ada"), make_member(one.venue)
    desk = signed_in(staff)
    body = {"group_id": str(group.uuid), "borrower": "ada", "priority": 3}
    made = post(desk, LOANS, body).json()
    assert (made["borrower"]["email"], made["group"]["id"], made["status"]) == (
        user.email,
        str(group.uuid),
        "out",
    )
    assert made["resource"]["slug"] == one.slug
    assert Loan.objects.get().requested_by == staff
    unknown = post(desk, LOANS, body | {"borrower": "nobody@example.com"})
    assert (unknown.status_code, list(unknown.json()["fields"])) == (400, ["borrower"])
    assert post(signed_in(make_user()), LOANS, body).status_code == 403
    mine = post(signed_in(make_user()), LOANS, {"group_id": str(group.uuid), "priority": 3})
    assert mine.status_code == 403


def test_everybody_lists_their_own_and_staff_their_venues() -> None:
    thing, other = make_thing(loan_period=60), make_thing()
    user = make_user(first_name="Ada")
    late, waits, elsewhere = ask(thing, user), ask(thing), ask(other, user)
    Loan.objects.filter(pk=late.pk).update(due_at=now() - timedelta(hours=1))
    staff, leader = make_member(thing.venue), make_leader(make_resource(thing.venue))

    def ids(who: User, **query: Any) -> set[str]:
        rows = signed_in(who).get(LOANS, query).json()["results"]
        return {row["id"] for row in rows}

    own = {str(late.uuid), str(elsewhere.uuid)}
    assert ids(user) == own
    assert ids(staff) == {str(late.uuid), str(waits.uuid)}
    assert ids(leader) == ids(make_user()) == set()
    assert ids(user, venue=thing.venue.slug) == ids(staff, overdue="true") == {str(late.uuid)}
    assert ids(staff, due_before=now().isoformat(timespec="minutes")) == {str(late.uuid)}
    assert ids(staff, status="requested,approved", mine="false") == {str(waits.uuid)}
    assert ids(staff, mine="true") == set()
    assert ids(user, resource_id=other.slug) == {str(elsewhere.uuid)}
    newest = signed_in(user).get(LOANS).json()["results"][0]
    assert newest["id"] == str(elsewhere.uuid)
    assert Client().get(LOANS).status_code == 401
    account = signed_in(user).get("/api/auth/user").json()
    assert (account["loans_out"], account["loans_waiting"], account["loans_overdue"]) == (2, 0, 1)


def test_facilitators_look_at_what_they_lead_and_change_nothing() -> None:
    thing = make_thing()
    leader = make_leader(thing)
    loan = ask(thing)
    client = signed_in(leader)
    seen = client.get(f"{LOANS}/{loan.uuid}")
    assert (seen.status_code, seen.json()["borrower"]["email"]) == (200, "")
    assert seen.json()["allowed_actions"] == []
    assert step(client, loan, "return").status_code == 403


def test_keys_do_what_their_scopes_say() -> None:
    thing, user = make_thing(), make_user()

    def call(scope: str, method: str, address: str, body: Any = None) -> int:
        secret = create_key(user=user, name=scope, scopes=[scope])[1]
        headers = {"Authorization": f"Bearer {secret}"}
        client = Client()
        if method == "GET":
            return client.get(address, headers=headers).status_code
        return post(client, address, body, **headers).status_code  # type: ignore[no-any-return]

    ask_for = {"resource_id": thing.slug}
    assert call("read", "GET", LOANS) == 200
    assert call("read", "POST", LOANS, ask_for) == 403
    assert call("book", "POST", LOANS, ask_for) == 201
    assert call("book", "POST", "/reservation/release", {"resource_id": thing.pk}) == 200
    assert call("book", "POST", "/api/lending/copies", ask_for | {"code": "A"}) == 403
