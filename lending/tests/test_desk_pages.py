"""The other pages of the desk: a step on each, who may, and what is refused."""

import pytest
import time_machine
from django.test import Client

from common.clock import now
from lending import services
from lending.models import Lendable, Loan
from lending.tests.desk_helpers import BEGIN, Desk, hand_out, laptops, person, text, thing
from lending.tests.helpers import (
    STAFF,
    ask,
    change_rules,
    fresh,
    in_minutes,
    lend_out,
    make_thing,
    rules_of,
    status,
)
from lending.words import time_text
from resources.enums import Role
from resources.models import Resource
from resources.stamps import touch_venues
from tests.factories import make_group, make_member, make_resource, make_user, make_whole

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# --- Who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "looks", "configures"),
    [
        ("anonymous", 302, 302),
        ("customer", 404, 404),
        ("other staff", 404, 404),
        (Role.FACILITATOR, 403, 403),
        (Role.STAFF, 200, 403),
        (Role.MANAGER, 200, 302),
    ],
)
def test_only_the_venues_staff_may(desk: Desk, who: str, looks: int, configures: int) -> None:
    bench = thing(desk, "Bench", loan_period=60)
    loan, waiting = ask(bench), ask(bench)
    client = Client()
    if who == "other staff":
        client.force_login(make_member(make_resource().venue, Role.MANAGER))
    elif who == "customer":
        client.force_login(loan.borrower)
    elif who != "anonymous":
        client.force_login(make_member(desk.venue, who))
    one = Desk(desk.venue, desk.staff, client)
    pages = {
        **dict.fromkeys(("lend-desk", "lend-desk-new", "lend-desk-things", "lend-desk-labels"), ()),
        **dict.fromkeys(("lend-fairness", "lend-use"), ()),
        "lend-desk-loan": (loan.uuid,),
        "lend-desk-queue": (waiting.queue_id,),
        "lend-desk-thing": (bench.uuid,),
    }
    for name, arguments in pages.items():
        assert one.get("", name, *arguments).status_code == looks, name
    done = 302 if looks == 200 else looks
    assert one.post(BEGIN, "lend-desk-things").status_code == configures
    assert (
        one.post({"action": "add-copy", "code": "B-1"}, "lend-desk-thing", bench.uuid).status_code
        == configures
    )
    for action in ("save", "stop", "remove-copy:1"):
        refused = one.post({"action": action}, "lend-desk-thing", bench.uuid).status_code
        assert who == Role.MANAGER or refused == configures, action
    one.post({"action": "stop"}, "lend-desk-thing", bench.uuid)
    assert Lendable.objects.filter(resource=bench).exists()
    assert one.post({"action": f"return:{loan.uuid}"}).status_code == done
    assert status(loan) == ["returned" if looks == 200 else "out"]
    desks = one.client.get("/lend/desk/")
    assert desks.status_code == (302 if looks == 200 or who in ("anonymous", "other staff") else 404)
    assert (desk.venue.slug in desks.get("Location", "")) == (looks == 200)


def test_loans_of_other_venues_are_not_there(desk: Desk) -> None:
    foreign = ask(make_thing())
    make_thing(desk.venue)
    assert desk.get("", "lend-desk-loan", foreign.uuid).status_code == 404
    assert desk.get("", "lend-desk-queue", foreign.queue_id).status_code == 404
    assert (
        desk.get("", "lend-desk-thing", foreign.resource.uuid if foreign.resource else "").status_code == 404
    )
    assert desk.post({"action": f"return:{foreign.uuid}"}).status_code == 404
    assert status(foreign) == ["out"]
    elsewhere = {"thing": str(foreign.thing.uuid), "person": desk.staff.email, "units": 1}
    assert desk.post(elsewhere, "lend-desk-new").status_code == 400


def test_where_nothing_is_lent_there_is_no_desk_but_for_managers(desk: Desk, manager: Desk) -> None:
    assert desk.get().status_code == 404
    assert manager.get().status_code == 200
    assert desk.client.get("/lend/desk/nowhere/").status_code == 404


def test_a_label_read_by_somebody_else_leads_to_the_thing(desk: Desk) -> None:
    laptop, copy, _other = laptops(desk)
    client = Client()
    client.force_login(make_user())
    answer = client.get(desk.address(), {"code": copy.code})
    assert answer.status_code == 302
    assert answer["Location"] == f"/lend/{desk.venue.slug}/{laptop.slug}/"
    assert client.get(desk.address(), {"code": "nothing"}).status_code == 404


# --- One loan ------------------------------------------------------------------------------------


def test_each_step_of_a_loan(desk: Desk) -> None:
    laptop, _one, _two = laptops(desk, approval="manual")
    spare = thing(desk, "Spare laptop")
    loan = ask(laptop, person("Ada"))
    assert desk.on(loan, action="edit", purpose="Thesis", priority="2").status_code == 302
    assert desk.on(loan, action="suspend").status_code == 302
    assert desk.on(loan, action="resume").status_code == 302
    assert desk.on(loan, action="approve").status_code == 302
    refused = desk.on(loan, action="hand-out", copy_code="")
    assert "Scan or enter the code of the copy." in text(refused)
    assert desk.on(loan, action="hand-out", copy_code="L-01", accessories=["Bag"]).status_code == 302
    assert desk.on(loan, action="renew", override="on").status_code in (302, 400)
    early = {"action": "recall", "due_at": f"{now():%Y-%m-%dT23:59}"}
    assert "or later: people get a day" in text(desk.on(loan, **early))
    assert desk.on(loan, action="recall", reason="Inventory").status_code == 302
    assert desk.on(loan, action="swap", resource_id=str(spare.pk)).status_code == 302
    assert desk.on(loan, action="lost", reason="Stolen").status_code == 302
    assert desk.on(loan, action="found").status_code == 302
    loan = fresh(loan)
    kinds = list(loan.events.values_list("kind", flat=True))
    assert (loan.status, loan.purpose, loan.priority, loan.resource) == ("returned", "Thesis", 2, spare)
    assert kinds[-3:] == ["swapped", "lost", "found"]
    page = text(desk.get("", "lend-desk-loan", loan.uuid))
    assert "Inventory" in page
    assert 'value="found"' not in page, "nothing is left to do"


def test_ending_it_without_them_needs_a_reason(desk: Desk) -> None:
    loan = ask(thing(desk, "Bench"))
    without = desk.on(loan, action="force-return", reason=" ")
    assert (without.status_code, status(loan)) == (400, ["out"])
    assert "Enter a reason." in text(without)
    assert "Error:" in text(without), "in the title, as on every page"
    assert desk.on(loan, action="force-return", reason="Left the house").status_code == 302
    assert status(loan) == ["returned"]


def test_declining_cancelling_and_taking_back(desk: Desk) -> None:
    beamer = thing(desk, "Beamer", approval="manual")
    first, second = ask(beamer), ask(beamer)
    assert desk.on(first, action="decline", reason=" ").status_code == 400
    assert desk.post({"action": f"decline:{first.uuid}"}).status_code == 400
    assert desk.on(first, action="decline", reason="Broken").status_code == 302
    assert desk.on(second, action="cancel").status_code == 302
    out = ask(thing(desk, "Bench", return_by="staff"))
    assert desk.on(out, action="return", condition="Scratch").status_code == 302
    assert status(first, second, out) == ["declined", "cancelled", "returned"]
    assert (fresh(first).reason, fresh(out).condition_in) == ("Broken", "Scratch")


def test_what_is_broken_goes_to_repair_as_it_is_taken_back(desk: Desk) -> None:
    """And not to whoever waits; what has no copy cannot."""
    laptop, copy, other = laptops(desk)
    one, two = (hand_out(ask(laptop), code) for code in ("L-01", "L-02"))
    waiting, bench = ask(laptop), ask(thing(desk, "Bench"))
    assert 'name="repair"' in text(desk.get("", "lend-desk-loan", one.uuid))
    assert 'name="repair"' not in text(desk.get("", "lend-desk-loan", bench.uuid))
    assert desk.on(one, action="return", condition="Chuck is broken", repair="on").status_code == 302
    assert f"repair:{two.uuid}" in text(desk.get("?code=L-02"))
    assert desk.post({"action": f"return:{two.uuid}", f"repair:{two.uuid}": "on"}).status_code == 302
    assert desk.post({"action": f"return:{bench.uuid}", f"repair:{bench.uuid}": "on"}).status_code == 400
    for each in (copy, other, laptop):
        each.refresh_from_db()
    assert (copy.state, other.state, copy.note) == ("repair", "repair", "Chuck is broken")
    assert (laptop.units, status(one, two, waiting, bench)) == (
        0,
        ["returned", "returned", "requested", "out"],
    )


def test_taking_back_some_of_it(desk: Desk) -> None:
    pair = thing(desk, "Radios")
    Resource.objects.filter(pk=pair.pk).update(units=3)
    touch_venues([desk.venue.pk])
    loan = ask(pair, units=3)
    assert desk.on(loan, action="return-some", units="4").status_code == 400
    assert desk.on(loan, action="return-some").status_code == 400
    assert desk.on(loan, action="return-some", units="2").status_code == 302
    assert (status(loan), fresh(loan).units) == (["out"], 1)
    left, right = make_thing(desk.venue), make_thing(desk.venue)
    kit = make_whole([left, right], name="Kit")
    lend_out(kit, rules_of(left))
    whole = ask(kit)
    assert "These parts are back" in text(desk.get("", "lend-desk-loan", whole.uuid))
    assert desk.on(whole, action="return-some", part_ids=[str(right.pk)]).status_code == 302
    assert (status(whole), fresh(whole).parts) == (["out"], [left.pk])
    assert desk.on(whole, action="return-some", part_ids=[str(right.pk)]).status_code == 400
    assert desk.on(whole, action="return-some", part_ids=[str(left.pk)]).status_code == 302
    assert status(whole) == ["returned"]


def test_what_is_stale_forged_or_impossible(desk: Desk) -> None:
    loan = hand_out(ask(laptops(desk)[0]), "L-01", accessories=["Bag"])
    for data, code in (
        ({"action": "lost", "version": "1"}, 409),
        ({"action": "nonsense"}, 400),
        ({"action": "found"}, 400),
        ({"action": "recall", "due_at": "2030-02-30T10:00"}, 400),
        ({"action": "recall", "due_at": "x"}, 400),
        ({"action": "swap", "resource_id": "x"}, 400),
        ({"action": "swap", "resource_id": str(make_thing().pk)}, 400),
        ({"action": "return", "missing": ["Anything"]}, 400),
        ({"action": "lost", "reason": "x" * 501}, 400),
    ):
        answer = desk.post(data, "lend-desk-loan", loan.uuid)
        assert answer.status_code == code, (data, answer.status_code)
    assert status(loan) == ["out"]


def test_only_what_is_free_is_offered_for_a_swap(desk: Desk) -> None:
    """Its group first, then its rules; nothing that is out, without units or booked before the loan ends."""
    bench = thing(desk, "Bench", loan_period=600)
    alike, member = make_thing(desk.venue, rules_of(bench)), thing(desk, "Zebra", loan_period=60)
    make_group([bench, member], name="Benches")
    other, gone, none = (thing(desk, name) for name in ("Another", "Out", "None"))
    Resource.objects.filter(pk=none.pk).update(units=0)
    touch_venues([desk.venue.pk])
    ask(gone)
    booked = ask(thing(desk, "Later"), wanted_from=in_minutes(60), wanted_until=in_minutes(120))
    loan = ask(bench)
    page = desk.get("", "lend-desk-loan", loan.uuid)
    [swap] = [option for option in page.context["options"] if option.name == "swap"]
    with time_machine.travel(in_minutes(30)):
        until = f"New date: {time_text(in_minutes(600), desk.venue.zone)}"
        assert until in text(desk.get("", "lend-desk-loan", loan.uuid))
    assert [pk for pk, _name in swap.form.others] == [member.pk, alike.pk, other.pk]
    assert desk.on(loan, action="swap", resource_id=str(gone.pk)).status_code == 400
    names = [option.name for option in desk.get("", "lend-desk-loan", booked.uuid).context["options"]]
    assert "hand-out" not in names
    slow = thing(desk, "Slow", loan_period=10)
    ask(slow)
    next_one = ask(slow, wanted_from=in_minutes(20), wanted_until=in_minutes(60))
    with time_machine.travel(in_minutes(25)):
        names = [option.name for option in desk.get("", "lend-desk-loan", next_one.uuid).context["options"]]
    assert "cancel" in names
    assert "hand-out" not in names


# --- On behalf -----------------------------------------------------------------------------------


def test_lending_on_behalf_of_somebody(desk: Desk) -> None:
    bench, ada = thing(desk, "Bench"), person("Ada")
    pair = make_group([thing(desk, "Left"), thing(desk, "Right")], name="Any of two")
    sent = {
        "thing": str(bench.uuid),
        "person": "ADA@people.example",
        "units": "1",
        "days": "2",
        "purpose": "Demo",
    }
    assert desk.post(sent, "lend-desk-new").status_code == 302
    loan = Loan.objects.get()
    assert (loan.borrower, loan.requested_by, loan.period, loan.status) == (ada, desk.staff, 2880, "out")
    again = desk.post(sent, "lend-desk-new")
    assert again.status_code == 409
    queued = sent | {"person": person("Bob").email}
    assert "is in the queue" in text(desk.client.post(desk.address("lend-desk-new"), queued, follow=True))
    assert desk.post(sent | {"thing": str(pair.uuid)}, "lend-desk-new").status_code == 302
    for wrong in (
        {"person": "nobody@people.example"},
        {"thing": "x"},
        {"units": "0"},
        {"units": "2"},
        {"days": "400"},
        {"wanted_from": "2030-01-01T10:00"},
        {"wanted_from": "yesterday"},
    ):
        assert desk.post(queued | wrong, "lend-desk-new").status_code == 400, wrong


def test_lending_says_which_copy_went_and_what_went_with_it(desk: Desk) -> None:
    """Scanned codes are kept; whoever has chosen a thing with copies is asked once."""
    laptop, one, two = laptops(desk, pickup_window=None)
    address = f"?thing={laptop.uuid}&amp;copy=L-02"
    assert address in text(desk.get("?code=L-02"))
    page = text(desk.get(address.replace("&amp;", "&"), "lend-desk-new"))
    assert '<option value="L-02" selected>' in page
    sent = {"thing": str(laptop.uuid), "person": person("Ada").email, "units": "1", "copy_code": "L-02"}
    assert "Choose what you hand out" in text(desk.post(sent, "lend-desk-new"))
    assert not Loan.objects.exists()
    sent |= {"asked": sent["thing"], "copy_code": "L-02", "accessories": "Bag"}
    assert desk.post(sent | {"copy_code": "x"}, "lend-desk-new").status_code == 400
    assert desk.post(sent, "lend-desk-new").status_code == 302
    loan = Loan.objects.get()
    assert (loan.status, loan.copy, loan.accessories) == ("out", two, ["Bag"])
    assert desk.get("?code=L-01").context["scan"].steps[0].action == "lend"
    # What would wait to be fetched goes at once, too; without a copy it is as ever.
    change_rules(laptop, pickup_window=60)
    again = sent | {"person": person("Bob").email, "copy_code": "L-01"}
    assert desk.post(again, "lend-desk-new").status_code == 302
    assert Loan.objects.get(borrower__first_name="Bob").copy == one


# --- Queues --------------------------------------------------------------------------------------


def test_moving_somebody_in_the_queue_needs_a_reason(desk: Desk) -> None:
    bench = thing(desk, "Bench")
    ask(bench)
    waiting = [ask(bench, person(name)) for name in ("Ada", "Bob", "Cleo")]
    queue = waiting[0].queue_id

    def order() -> list[str]:
        page = desk.get("", "lend-desk-queue", queue)
        return [loan.borrower.first_name for loan in page.context["waiting"]]

    def move(direction: str, loan: Loan, reason: str = "Exam") -> int:
        data = {
            "move": f"{direction}:{loan.uuid}",
            "reason": reason,
            f"version:{loan.uuid}": fresh(loan).version,
        }
        return int(desk.post(data, "lend-desk-queue", queue).status_code)

    assert move("first", waiting[2], "") == 400
    assert order() == ["Ada", "Bob", "Cleo"]
    assert move("first", waiting[2]) == 302
    assert order() == ["Cleo", "Ada", "Bob"]
    assert (move("down", waiting[2]), order()) == (302, ["Ada", "Cleo", "Bob"])
    assert (move("up", waiting[1]), order()) == (302, ["Ada", "Bob", "Cleo"])
    assert (move("last", waiting[0]), order()) == (302, ["Bob", "Cleo", "Ada"])
    assert move("up", waiting[1]) == 400
    assert move("sideways", waiting[1]) == 400
    assert desk.post({"move": "up:x", "reason": "y"}, "lend-desk-queue", queue).status_code == 404
    assert fresh(waiting[2]).events.last().changes["reason"] == "Exam"  # type: ignore[union-attr]


def test_a_queue_says_why_somebody_was_passed_over(desk: Desk) -> None:
    bench = thing(desk, "Bench", queue_rule="fair")
    ask(bench)
    loan = ask(bench, person("Ada"))
    services.suspend_loan(loan_id=loan.uuid, actor=STAFF)
    page = text(desk.get("", "lend-desk-queue", loan.queue_id))
    assert "Passed over</span>\n                  Paused" in page
    assert "People who had less go first here" in page
    services.cancel_loan(loan_id=loan.uuid, actor=STAFF)
    assert "Nobody is waiting" in text(desk.get("", "lend-desk-queue", loan.queue_id))


def test_nobody_is_moved_where_the_fair_rule_decides(desk: Desk) -> None:
    """In the queue of a group, too, and in that of a thing which shares it."""
    bench = thing(desk, "Bench", queue_rule="fair")
    other = thing(desk, "Other bench")
    group = make_group([bench, other])
    ask(bench)
    ask(other)
    for wanted in (group, other):
        waiting = ask(wanted), ask(wanted)
        assert 'value="first:' not in text(desk.get("", "lend-desk-queue", waiting[0].queue_id))
