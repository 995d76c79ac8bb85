"""Lending over ``/api/lending/`` for staff: copies, codes, accessories, reports and rules."""

import pytest

from lending.models import Copy, Lendable, LendingRules
from lending.services import approve_loan, return_loan
from lending.tests.api_helpers import LOANS, THINGS, step
from lending.tests.helpers import NOBODY, ask, change_rules, lend_out, make_thing
from reservations.tests.api_helpers import patch, post, signed_in
from resources.enums import Role
from resources.models import Resource, VenueMembership
from tests.factories import make_member, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_copies_are_kept_and_scanned() -> None:
    thing = make_thing(approval="manual", pickup_window=60)
    desk, manager = signed_in(make_member(thing.venue)), signed_in(make_member(thing.venue, Role.MANAGER))
    body = {"resource_id": thing.slug, "code": "B-1", "name": "Blue"}
    made = post(desk, "/api/lending/copies", body)
    assert (made.status_code, made.json()["state"]) == (201, "in_service")
    twice = post(desk, "/api/lending/copies", body)
    assert (twice.status_code, list(twice.json()["fields"])) == (400, ["code"])
    assert post(desk, "/api/lending/copies", body | {"code": "B-2"}).status_code == 201
    assert Resource.objects.get(pk=thing.pk).units == 2

    one = f"/api/lending/copies/{made.json()['id']}"
    tag = desk.get(one)["ETag"]
    changed = patch(manager, one, {"code": "B-9", "note": "Scratched"}, If_Match=tag)
    assert (changed.json()["code"], changed.json()["note"]) == ("B-9", "Scratched")
    assert patch(manager, one, {"note": "x"}, If_Match=tag).status_code == 409
    assert patch(desk, one, {"code": "B-2"}).json()["fields"].keys() == {"code"}
    assert patch(desk, one, {"resource_id": make_thing(thing.venue).slug}).status_code == 400

    loan = ask(thing)
    approve_loan(loan_id=loan.uuid, actor=NOBODY)
    scanned = desk.get("/api/lending/scan", {"code": "B-9"}).json()
    assert (scanned["scanned_copy"]["code"], scanned["resource"]["slug"]) == ("B-9", thing.slug)
    first = scanned["steps"][0]
    assert (first["action"], first["loan"]["id"]) == ("hand-out", str(loan.uuid))
    assert "hand-out" in first["loan"]["allowed_actions"]
    unsaid = step(desk, loan, "hand-out")
    assert (unsaid.status_code, list(unsaid.json()["fields"])) == (400, ["copy_code"])
    assert step(desk, loan, "hand-out", copy_code="B-9").json()["lent_copy"]["code"] == "B-9"
    first = desk.get("/api/lending/scan", {"code": "B-9"}).json()["steps"][0]
    assert (first["action"], first["loan"]["id"]) == ("return", str(loan.uuid))
    taken = patch(desk, one, {"state": "repair"})
    assert (taken.status_code, taken.json()["code"]) == (409, "copy_taken")
    assert desk.delete(one).json()["code"] == "copy_taken"
    return_loan(loan_id=loan.uuid, actor=NOBODY)
    assert patch(desk, one, {"state": "repair"}).json()["state"] == "repair"
    assert desk.get("/api/lending/copies", {"state": "repair"}).json()["count"] == 1
    assert desk.get("/api/lending/scan", {"code": thing.slug}).json()["scanned_copy"] is None
    spare = Copy.objects.get(code="B-2")
    assert desk.delete(f"/api/lending/copies/{spare.pk}").status_code == 204


def test_accessories_go_with_it_and_are_missed() -> None:
    thing = make_thing(approval="manual", pickup_window=60)
    Lendable.objects.filter(resource=thing).update(accessories=["Charger", "Bag"])
    loan = ask(thing)
    approve_loan(loan_id=loan.uuid, actor=NOBODY)
    desk = signed_in(make_member(thing.venue))
    unknown = step(desk, loan, "hand-out", accessories=["Rope"])
    assert (unknown.status_code, list(unknown.json()["fields"])) == (400, ["accessories"])
    out = step(desk, loan, "hand-out", accessories=["Bag", "Charger"])
    assert out.json()["accessories"] == ["Charger", "Bag"]
    assert step(desk, loan, "return", missing=["Bag"]).json()["missing"] == ["Bag"]
    assert desk.get(f"{THINGS}/{thing.uuid}").json()["accessories"] == ["Charger", "Bag"]


def test_reports_are_json_or_a_table() -> None:
    thing = make_thing()
    ada = make_user(first_name="=Ada")
    return_loan(loan_id=ask(thing, ada).uuid, actor=NOBODY)
    desk = signed_in(make_member(thing.venue))
    fairness = desk.get("/api/lending/reports/fairness").json()
    (person,) = fairness["people"]
    assert (person["name"], person["loans"], person["share"]) == ("=Ada", 1, 1.0)
    assert (fairness["waits"]["count"], fairness["rules"][0]["rule"]) == (1, "fifo")
    use = desk.get("/api/lending/reports/use", {"from": "2026-01-01", "to": fairness["last_on"]}).json()
    assert [(row["resource"]["slug"], row["loans"]) for row in use["things"]] == [(thing.slug, 1)]
    for name, cell in (("fairness", "'=Ada,1,1.0"), ("use", f"{thing.name},1,1,")):
        table = desk.get(f"/api/lending/reports/{name}", headers={"Accept": "text/csv"})
        assert table["Content-Type"] == "text/csv; charset=utf-8"
        assert table["Content-Disposition"].endswith('.csv"')
        assert cell in table.content.decode("utf-8-sig")
        for query in ({"from": "2030-01-01", "to": "2029-01-01"}, {"from": "x"}, {"to": "1990-01-01"}):
            refused = desk.get(f"/api/lending/reports/{name}", query, headers={"Accept": "text/csv"})
            assert (refused.status_code, refused["Content-Type"]) == (400, "application/json"), query
    both = make_member(thing.venue, Role.MANAGER)
    VenueMembership.objects.create(venue=make_thing().venue, user=both, role=Role.STAFF)
    unnamed = signed_in(both).get("/api/lending/reports/use")
    assert (unnamed.status_code, list(unnamed.json()["fields"])) == (400, ["venue"])


def test_managers_write_rules_and_queues_follow() -> None:
    thing = make_thing(audience="members")
    manager, staff = (signed_in(make_member(thing.venue, role)) for role in (Role.MANAGER, Role.STAFF))
    body = {"name": "Weekend", "loan_period": 2880, "longest": 60}
    bad = post(manager, "/api/lending/rules", body)
    assert (bad.status_code, list(bad.json()["fields"])) == (400, ["longest"])
    made = post(manager, "/api/lending/rules", body | {"longest": 5760})
    assert (made.status_code, made.json()["names_shown"]) == (201, "initials")
    one = f"/api/lending/rules/{made.json()['id']}"
    assert patch(manager, one, {"queue_rule": "fair"}).json()["queue_rule"] == "fair"
    assert patch(staff, one, {"queue_rule": "fifo"}).status_code == 403
    lend_out(make_resource(thing.venue), LendingRules.objects.get(name="Weekend"))
    used = manager.delete(one)
    assert (used.status_code, used.json()["code"]) == (409, "in_use")
    user = signed_in(make_user())
    refused = post(user, LOANS, {"resource_id": thing.slug})
    assert (refused.status_code, refused.json()["code"]) == (400, "members_only")
    change_rules(thing, audience="signed_in")
    assert post(user, LOANS, {"resource_id": thing.slug}).status_code == 201
