"""The desk, where lending begins: things, copies, rules and labels."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.venues import directory
from lending import services
from lending.enums import PRODUCT
from lending.models import Copy, Lendable, LendingRules, Loan, Queue
from lending.only import is_only_lent
from lending.tests.desk_helpers import BEGIN, Desk, laptops, text, thing
from lending.tests.helpers import STAFF, ask, in_minutes, lend_out, rules_of
from lending.tests.page_helpers import page_of
from resources.enums import Role
from resources.models import Resource, Venue, VenueMembership
from tests.factories import make_group, make_resource, make_whole

pytestmark = [pytest.mark.django_db, pytest.mark.once]


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
    twice = manager.post(BEGIN | {"name": "drill", "rules": str(drill.rules_id)}, "lend-desk-things")
    assert (twice.status_code, "drill already exists." in text(twice)) == (409, True)
    page, wall = text(manager.get("", "lend-desk-thing", drill.resource.uuid)), manager.address("lend-board")
    for address in (page_of(drill.resource), f"/admin/resources/resource/{drill.resource.pk}/change/", wall):
        assert f'href="{address}"' in page, address
    assert f'href="{reverse("lend-desks")}"' in text(manager.client.get("/admin/"))
    assert "#id_slug" in text(manager.client.get("/admin/resources/resourcegroup/add/"))
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
