"""The desk: codes, many at once, and rows that fail without holding up the others."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.clock import now
from lending import services
from lending.enums import CopyState
from lending.models import Copy, Loan
from lending.scanning import read_code
from lending.tests.desk_helpers import Desk, hand_out, laptops, make_desk, person, thing
from lending.tests.helpers import STAFF, ask, fresh, in_minutes, lend_out, make_thing, rules_of, status
from tests.factories import make_group, make_whole

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    found: str = answer.content.decode()
    return found


@pytest.mark.once
def test_an_empty_desk_says_so(desk: Desk) -> None:
    make_thing(desk.venue)
    assert "Nothing to do right now" in text(desk.get())


def test_each_column_has_its_loans(desk: Desk) -> None:
    manual, (laptop, _one, _two) = thing(desk, "Beamer", approval="manual"), laptops(desk)
    asked, ready = ask(manual, person("Ada Lovelace")), ask(laptop, person("Bob"))
    out = ask(thing(desk, "Bench", loan_period=60), person("Cleo"), now=now() - timedelta(hours=3))
    lost = ask(thing(desk, "Drill"), person("Dora"))
    services.mark_lost(loan_id=lost.uuid, actor=STAFF)
    page = desk.get()
    columns = {
        name: [row.loan for row in page.context[name].rows] for name in ("asked", "ready", "out", "lost")
    }
    assert columns == {"asked": [asked], "ready": [ready], "out": [out], "lost": [lost]}
    for words in ("Ada Lovelace", "Overdue", "L-01", "Charger"):
        assert words in text(page), words
    # A name narrows it down; what is nowhere is said to be nowhere.
    narrowed = desk.get("?code=ada")
    assert "Loans that match" in text(narrowed)
    assert "Cleo" not in text(narrowed)
    assert "no code, name or thing like" in text(desk.get("?code=zebra"))


@pytest.mark.once
def test_a_thing_is_found_by_how_its_name_begins(desk: Desk) -> None:
    camera, drill = thing(desk, "Camera kit"), thing(desk, "Cordless Drill")
    elsewhere = thing(make_desk(), "Camera")
    out, waiting = ask(camera, person("Ada")), ask(camera, person("Bob"))
    page = desk.get("?code=cam")
    assert [(each.resource, each.waiting) for each in page.context["named"]] == [(camera, 1)]
    assert "no code, name or thing like" not in text(page)
    for address in (
        desk.address("lend-desk-new") + f"?thing={camera.uuid}",
        desk.address("lend-desk-queue", waiting.queue_id),
    ):
        assert address in text(page)
    assert [row.loan for row in page.context["out"].rows] == [out]
    found = {
        code: [each.resource for each in desk.get(f"?code={code}").context["named"]]
        for code in ("drill", "c")
    }
    assert found == {"drill": [drill], "c": [camera, drill]}
    assert elsewhere not in found["c"]


@pytest.mark.once
def test_a_code_leads_through_a_loan(desk: Desk) -> None:
    """Scanned twice is done; and what comes next is another step."""
    laptop, copy, _other = laptops(desk)
    loan = ask(laptop, person("Ada"))
    assert desk.scan("L-01")["Location"].endswith("?code=L-01")
    page = desk.get("?code=L-01")
    assert page.context["scan"].steps[0].action == "hand-out"
    proposed = page.context["proposed"]
    assert desk.scan("l-01", proposed).status_code == 302
    assert (status(loan), fresh(loan).copy) == (["out"], copy)
    # What is wrong with a step is said where it was taken.
    wrong = {"action": f"return:{loan.uuid}", f"without:{loan.uuid}": ["Nothing"]}
    refused = desk.client.post(desk.address() + "?code=L-01", wrong)
    assert text(refused).count("wasn’t handed out") + text(refused).count("wasn&#x27;t handed out") == 2
    # An answer to what is no longer proposed does nothing.
    desk.scan("L-01", proposed)
    assert status(loan) == ["out"]
    page = desk.get("?code=L-01")
    assert page.context["scan"].steps[0].action == "return"
    desk.scan("L-01", page.context["proposed"])
    assert status(loan) == ["returned"]
    assert [step.action for step in desk.get("?code=L-01").context["scan"].steps] == ["lend"]


@pytest.mark.once
def test_what_a_code_means(desk: Desk) -> None:
    laptop, copy, other = laptops(desk)
    services.change_copy(copy=other, state=CopyState.REPAIR)
    loan = hand_out(ask(laptop), "L-01")
    services.mark_lost(loan_id=loan.uuid, actor=STAFF)
    bench, beamer = thing(desk, "Bench"), thing(desk, "Beamer", approval="manual")
    pair = make_group([thing(desk, "Left", approval="manual"), thing(desk, "Right", approval="manual")])
    ask(pair)
    ask(bench)
    ask(beamer)
    meaning = {
        code: [step.action for step in desk.get(f"?code={code}").context["scan"].steps]
        for code in ("L-01", "L-02", "bench", "beamer", "right")
    }
    assert meaning == {
        "L-01": ["found"],
        "L-02": ["restore"],
        "bench": ["return"],
        "beamer": ["approve", "lend"],
        "right": ["approve", "lend"],
    }
    page = desk.get("?code=L-02")
    desk.scan("L-02", page.context["proposed"])
    assert Copy.objects.get(pk=other.pk).state == "in_service"
    assert copy.code in text(desk.get("?code=L-01"))


@pytest.mark.once
def test_a_scan_says_who_has_a_part_and_who_waits(desk: Desk) -> None:
    parts = [thing(desk, name, approval="manual") for name in ("Tripod", "Lens")]
    kit = make_whole(parts, name="Camera kit", slug="camera-kit")
    lend_out(kit, rules_of(parts[0]))
    nobody, waits = "Nobody has it or waits for it.", "1 person waits for it."
    address = f"https://desk.example/lend/{desk.venue.slug}/camera-kit/"
    assert nobody in text(desk.get(f"?code={address}"))
    services.approve_loan(loan_id=ask(parts[0], person("Ada")).uuid, actor=STAFF)
    ask(kit, person("Bob"))
    page = text(desk.get("?code=camera-kit"))
    assert nobody not in page
    assert "Ada has Tripod." in page
    assert waits in page
    assert "Nobody has it or waits" in text(desk.get("?code=lens"))
    assert "no code, name or thing like" in text(desk.get("?code=https://elsewhere.example/"))


@pytest.mark.once
def test_what_is_lent_through_a_group_is_there_once(desk: Desk) -> None:
    pair = [thing(desk, name) for name in ("Left", "Right")]
    loan = ask(make_group(pair))
    scan = desk.get(f"?code={loan.thing.slug}").context["scan"]
    assert [step.loan for step in scan.steps] == [loan]


def test_what_is_not_there_is_not_handed_out(desk: Desk) -> None:
    """Its dates have come, but it is late, lost, or there are too few: the desk says so, and the scan."""
    saying = {"late": "This isn't back yet.", "lost": "This is lost.", "few": "There are fewer of this now"}
    dates: dict[str, Any] = {"wanted_from": in_minutes(-10), "wanted_until": in_minutes(60)}
    late, lost, few = (thing(desk, f"Thing {why}") for why in saying)
    copy = services.add_copy(resource=few, code="F-1")
    booked = [ask(each, now=in_minutes(-60), **dates) for each in (late, lost, few)]
    _had, gone = ask(late, now=in_minutes(-59)), ask(lost, now=in_minutes(-59))
    services.mark_lost(loan_id=gone.uuid, actor=STAFF)
    services.change_copy(copy=copy, state=CopyState.REPAIR)
    services.begin_dated(now=now())
    assert status(*booked) == ["approved"] * 3
    page = desk.get()
    shown = {row.loan.resource.name: row.away for row in page.context["ready"].rows}
    assert shown == {f"Thing {why}": why for why in saying}
    assert all(each in unescape(text(page)) for each in saying.values())
    assert "hand-out:" not in text(page)
    scanned = {why: desk.get(f"?code=thing-{why}") for why in saying}
    found = {why: [step.action for step in each.context["scan"].steps] for why, each in scanned.items()}
    assert found == {"late": ["return", "wait"], "lost": ["found", "wait"], "few": ["wait"]}
    for why, sentence in saying.items():
        section = unescape(text(scanned[why])).split('id="scanned"')[1].split("</section>")[0]
        assert sentence in section
        assert "hand-out:" not in section
    assert "scan the same code again" not in text(scanned["few"])
    steps = desk.client.get(f"/api/lending/scan?venue={desk.venue.slug}&code=thing-late").json()["steps"]
    assert [step["reason"] for step in steps] == ["", saying["late"]]


@pytest.mark.once
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (" L-01\r\n", "L-01"),
        ("https://desk.example/lend/desk/mill/?code=L%2F01", "L/01"),
        ("https://desk.example/lend/mill/test-bench/", "test-bench"),
        ("https://desk.example/lend/other/test-bench/", "https://desk.example/lend/other/test-bench/"),
        ("https://elsewhere.example/", "https://elsewhere.example/"),
        ("x" * 80, "x" * 50),
        ("L\x0001", "L01"),
    ],
)
def test_what_a_scanner_types(typed: str, code: str) -> None:
    assert read_code(typed, "mill") == code


def test_many_at_once_and_one_that_fails(desk: Desk) -> None:
    """The others do not wait for it; its row says why, and keeps what was typed."""
    laptop, _one, _two = laptops(desk)
    first, second = ask(laptop, person("Ada")), ask(laptop, person("Bob"))
    nobody = "00000000-0000-4000-8000-000000000000"
    chosen = {
        "action": "hand-out",
        "loan": [nobody, str(first.uuid), str(second.uuid)],
        f"copy:{first.uuid}": "L-01",
        f"with:{first.uuid}": ["Bag"],
        f"copy:{second.uuid}": "L-01",
    }
    answer = desk.post(chosen)
    assert (answer.status_code, status(first, second)) == (409, ["out", "approved"])
    assert "Someone else has this copy" in text(answer)
    assert fresh(first).accessories == ["Bag"]
    assert desk.post(chosen | {"loan": [str(second.uuid)], f"copy:{second.uuid}": "L-02"}).status_code == 302
    back = {"action": "return", "loan": [str(first.uuid), str(second.uuid)], f"without:{first.uuid}": ["Bag"]}
    assert desk.post(back).status_code == 302
    assert (status(first, second), fresh(first).missing) == (["returned", "returned"], ["Bag"])
    assert "Returned: Laptop (Ada), Laptop (Bob)" in text(desk.get())


@pytest.mark.once
def test_a_row_alone_and_what_makes_no_sense(desk: Desk) -> None:
    beamer = thing(desk, "Beamer", approval="manual")
    first, second = ask(beamer, person("Ada")), ask(beamer, person("Bob"))
    assert desk.post({"action": f"approve:{first.uuid}", "loan": [str(second.uuid)]}).status_code == 302
    assert status(first, second) == ["out", "requested"]
    nobody = "00000000-0000-4000-8000-000000000000"
    for data, expected in (
        ({"action": "approve"}, 400),
        ({"action": "nonsense"}, 400),
        ({}, 400),
        ({"action": f"return:{nobody}"}, 404),
        ({"action": "return:x"}, 404),
        ({"action": "restore:9999"}, 404),
        ({"action": "restore:abc"}, 404),
        ({"action": f"approve:{second.uuid}"}, 409),
        ({"action": f"hand-out:{first.uuid}"}, 400),
        ({"action": "return", "loan": [str(first.uuid)], f"without:{first.uuid}": ["Nothing"]}, 400),
    ):
        assert desk.post(data).status_code == expected, data
    assert status(first, second) == ["out", "requested"]


@pytest.mark.once
def test_a_broken_row_takes_none_of_the_others_with_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (ask(thing(desk, name), person(name)) for name in ("Ada", "Bob"))
    take_back = services.return_loan

    def fail_for_first(**arguments: Any) -> Loan:
        if arguments["loan_id"] == first.uuid:
            raise RuntimeError("broken")
        return take_back(**arguments)

    monkeypatch.setattr(services, "return_loan", fail_for_first)
    answer = desk.post({"action": "return", "loan": [str(first.uuid), str(second.uuid)]})
    assert "Something went wrong" in text(answer)
    assert status(first, second) == ["out", "returned"]


@pytest.mark.once
def test_queries_do_not_grow(desk: Desk) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get().status_code == 200
        return len(captured)

    laptop, _one, _two = laptops(desk)
    for what in (laptop, thing(desk, "Beamer", approval="manual"), thing(desk, "Bench")):
        ask(what)
    count()
    before = count()
    for number in range(2):
        ask(thing(desk, f"Beamer {number}", approval="manual"))
        ask(thing(desk, f"Bench {number}"))
    ask(laptop)
    count()
    assert count() == before <= 24
