"""The other pages of the desk: a step on each, who may, and what is refused."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.clock import now
from common.venues import directory
from lending import services
from lending.enums import PRODUCT
from lending.models import Copy, Lendable, LendingRules, Loan, Queue
from lending.only import is_only_lent
from lending.tests.desk_helpers import Desk, hand_out, laptops, make_desk, person, thing
from lending.tests.helpers import STAFF, ask, fresh, in_minutes, lend_out, make_thing, rules_of, status
from resources.enums import Role
from resources.models import Resource, Venue, VenueMembership
from resources.stamps import touch_venues
from tests.factories import make_group, make_member, make_resource, make_user, make_whole

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BEGIN = {"resource": "", "name": "Drill", "rules": "new:open", "accessories": "Case\nCase\n Bits "}


@pytest.fixture
def desk() -> Desk:
    return make_desk()


@pytest.fixture
def manager() -> Desk:
    return make_desk(Role.MANAGER)


def text(answer: Any) -> str:
    found: str = answer.content.decode()
    return found


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


def test_a_manager_finds_the_way_to_lending_before_anything_is_lent(desk: Desk, manager: Desk) -> None:
    home = text(manager.client.get("/"))
    assert '<a class="nav-link" href="/lend/desk/"' in home
    assert '<a class="nav-link" href="/lend/desk/"' not in text(desk.client.get("/")), "staff, not a manager"
    assert desk.client.get("/lend/desk/").status_code == 404
    begin = manager.client.get("/lend/desk/")
    assert (begin.status_code, begin["Location"]) == (302, manager.address("lend-desk-things"))
    assert manager.post(BEGIN, "lend-desk-things").status_code == 302
    assert manager.client.get("/lend/desk/")["Location"] == manager.address()
    VenueMembership.objects.create(venue=desk.venue, user=manager.staff, role=Role.MANAGER)
    assert manager.client.get("/lend/desk/")["Location"] == manager.address()
    assert 'href="/lend/desk/?all=1"' in text(manager.get("", "lend-desk-things"))
    both = text(manager.client.get("/lend/desk/?all=1"))
    assert f'href="{manager.address()}"' in both
    assert f'href="{desk.address("lend-desk-things")}"' in both


def test_an_empty_wall_says_so_to_whoever_may_see_it(desk: Desk) -> None:
    wall = reverse("lend-board", args=[desk.venue.slug])
    assert "nothing to borrow here yet" in text(Client().get(wall))
    Venue.objects.filter(pk=desk.venue.pk).update(is_active=False)
    assert Client().get(wall).status_code == 404
    assert desk.client.get(wall).status_code == 200


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
    assert desk.on(first, action="decline", reason="Broken").status_code == 302
    assert desk.on(second, action="cancel").status_code == 302
    out = ask(thing(desk, "Bench", return_by="staff"))
    assert desk.on(out, action="return", condition="Scratch").status_code == 302
    assert status(first, second, out) == ["declined", "cancelled", "returned"]
    assert (fresh(first).reason, fresh(out).condition_in) == ("Broken", "Scratch")


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
    assert "Paused by the person" in page
    assert "People who had less go first here" in page
    services.cancel_loan(loan_id=loan.uuid, actor=STAFF)
    assert "Nobody is waiting" in text(desk.get("", "lend-desk-queue", loan.queue_id))


# --- Things --------------------------------------------------------------------------------------


def test_a_manager_begins_to_lend(manager: Desk) -> None:
    """Something new, then what the venue has already; the first switches lending on."""
    room = make_resource(manager.venue, name="Beamer")
    assert not directory().offers(manager.venue.pk, PRODUCT)
    assert manager.post(BEGIN, "lend-desk-things").status_code == 302
    drill = Lendable.objects.get(resource__name="Drill")
    assert (drill.rules.name, drill.accessories) == ("As long as it takes", ["Case", "Bits"])
    assert directory().offers(manager.venue.pk, PRODUCT)
    assert not is_only_lent(drill.resource)
    own = {"resource": str(room.pk), "rules": str(drill.rules_id), "only": "on"}
    assert manager.post(own, "lend-desk-things").status_code == 302
    assert manager.post(own, "lend-desk-things").status_code == 400
    assert is_only_lent(Resource.objects.get(pk=room.pk))
    own_lease = BEGIN | {"name": "Bench", "rules": "new:own", "lease": "1"}
    assert manager.post(own_lease, "lend-desk-things").status_code == 302
    bench = Lendable.objects.get(resource__name="Bench")
    assert (bench.rules.name, bench.rules.lease) == ("Returned unless kept every minute", 1)
    leases = [{"rules": "new:own", "lease": minutes} for minutes in ("", "0", "525601", "1.5", "x")]
    for wrong in (
        *({"name": ""}, {"rules": "new:nothing"}, {"resource": "x"}, {"accessories": "x" * 101}),
        *(*leases, {"lease": "5"}),
    ):
        assert manager.post(BEGIN | wrong, "lend-desk-things").status_code == 400, wrong
    assert set(Lendable.objects.values_list("resource__name", flat=True)) == {"Drill", "Beamer", "Bench"}
    assert ask(Resource.objects.get(name="Drill")).status == "out"


def test_rules_copies_and_stopping(manager: Desk) -> None:
    laptop, copy, _other = laptops(manager)
    other_rules = LendingRules.objects.create(venue=manager.venue, name="Weekend")
    foreign_rules = LendingRules.objects.create(venue=make_resource().venue, name="Foreign")

    def change(**data: Any) -> int:
        return int(manager.post(data, "lend-desk-thing", laptop.uuid).status_code)

    saved = {"action": "save", "rules": other_rules.pk, "accessories": "Mouse", "value": "900"}
    assert change(**saved, only="on") == 302
    assert is_only_lent(Resource.objects.get(pk=laptop.pk))
    assert change(**(saved | {"rules": "new:own", "lease": "45"})) == 302
    assert (rules_of(laptop).lease, is_only_lent(Resource.objects.get(pk=laptop.pk))) == (45, False)
    assert change(**saved) == 302
    assert change(**(saved | {"rules": foreign_rules.pk})) == 400
    assert change(**(saved | {"value": "-1"})) == 400
    assert change(action="add-copy", code="L-03", name="Blue") == 302
    assert change(action="add-copy", code="L-03") == 400
    assert (
        change(action=f"change-copy:{copy.pk}", **{f"state:{copy.pk}": "repair", f"note:{copy.pk}": "Fan"})
        == 302
    )
    assert change(action=f"change-copy:{copy.pk}", **{f"state:{copy.pk}": "x"}) == 400
    assert change(action="remove-copy:abc") == 404
    assert change(action="nonsense") == 400
    laptop.refresh_from_db()
    lendable = Lendable.objects.get(resource=laptop)
    assert (lendable.rules, lendable.accessories, laptop.units) == (other_rules, ["Mouse"], 2)
    loan = ask(laptop)
    assert change(action="stop") == 409
    assert change(action=f"change-copy:{copy.pk}", **{f"state:{copy.pk}": "in_service"}) == 302
    services.return_loan(loan_id=loan.uuid, actor=STAFF)
    assert change(action=f"remove-copy:{copy.pk}") == 302
    assert change(action="stop") == 302
    assert not Lendable.objects.filter(resource=laptop).exists()
    assert Copy.objects.filter(resource=laptop).count() == 2
    assert Loan.objects.filter(resource=laptop).exists(), "what was lent stays"


def test_stopping_leaves_nobody_waiting_for_any_of_a_group(manager: Desk) -> None:
    left = thing(manager, "Left", approval="manual")
    group = make_group([left])
    loan = ask(group)
    assert manager.post({"action": "stop"}, "lend-desk-thing", left.uuid).status_code == 409
    services.cancel_loan(loan_id=loan.uuid, actor=STAFF)
    assert manager.post({"action": "stop"}, "lend-desk-thing", left.uuid).status_code == 302
    assert Queue.objects.filter(group=group).exists()


def test_labels_are_read_by_the_desk_again(desk: Desk) -> None:
    laptop, copy, _other = laptops(desk)
    bench = thing(desk, "Bench")
    page = text(desk.get("", "lend-desk-labels"))
    assert page.count('shape-rendering="crispEdges"') == 3
    for words in (copy.code, bench.slug):
        assert words in page
    one = text(desk.get(f"?thing={laptop.slug}", "lend-desk-labels"))
    assert bench.slug not in one
    assert "Nothing to print yet" in text(desk.get("?thing=nothing", "lend-desk-labels"))


# --- Reports -------------------------------------------------------------------------------------


def test_reports_as_pages_and_files(desk: Desk) -> None:
    bench = thing(desk, "=Bench", loan_period=60)
    first = ask(bench, person("Ada"), now=now() - timedelta(hours=5))
    ask(bench, person("Bob"), now=now() - timedelta(hours=4))
    services.return_loan(loan_id=first.uuid, actor=STAFF)
    for name, words in (("lend-fairness", ("4 hours", "0 minutes")), ("lend-use", ("=Bench",))):
        page = desk.get("", name)
        assert all(word in text(page) for word in words), name
        assert "<rect" in text(page)
        file = desk.get("?format=csv", name)
        assert file["Content-Type"].startswith("text/csv")
        assert file["Content-Disposition"].startswith("attachment")
    assert "'=Bench" in text(desk.get("?format=csv", "lend-use")), "no formula for a spreadsheet"
    assert "Nothing was lent in this time" in text(
        desk.get("?from=2020-01-01&to=2020-01-31", "lend-fairness")
    )
    for query in (
        "?from=2020-02-30",
        "?from=2030-01-02&to=2030-01-01",
        "?from=2000-01-01&to=2030-01-01",
        "?to=x",
    ):
        assert desk.get(query, "lend-use").status_code == 400, query


def test_the_list_of_things_counts_what_can_be_had_now(desk: Desk) -> None:
    """Neither what is booked for days to come, nor a kit of which a part is out."""
    trike, tripod = thing(desk, "Trike"), thing(desk, "Tripod", loan_period=60)
    for days in (2, 4):
        begin = in_minutes(days * 1440)
        ask(trike, wanted_from=begin, wanted_until=begin + timedelta(hours=2))
    kit = make_whole([tripod, make_resource(desk.venue)], name="Kit")
    lend_out(kit, rules_of(tripod))
    ask(tripod)

    page = text(desk.client.get(reverse("lend-desk-things", args=[desk.venue.slug])))
    rows = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in page.split("<tr>")[2:]]
    counted = {row[0]: [int(word) for word in row if word.isdigit()][-4:] for row in rows}
    # Available, of how many, out, waiting.
    assert counted == {"Kit": [0, 1, 0, 0], "Trike": [1, 1, 0, 0], "Tripod": [0, 1, 1, 0]}
