"""Lending in the admin: what its actions do, ask and refuse. ``tests/test_admin.py`` opens every form."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.test import Client

from lending.enums import CopyState
from lending.models import Copy, Lendable, LendingRules, Loan
from lending.services import add_copy
from lending.tests.desk_helpers import Desk, hand_out, laptops, make_desk, person, thing
from lending.tests.helpers import ask, fresh, make_thing, rules_of, status
from resources.enums import Role
from tests.admin_forms import admin_address, open_and_save
from tests.factories import make_member

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def desk() -> Desk:
    return make_desk(Role.MANAGER)


def act(client: Client, action: str, *rows: Model, **data: Any) -> Any:
    """Choose the action, and answer yes where it asks."""
    sent = {"action": action, ACTION_CHECKBOX_NAME: [row.pk for row in rows]} | data
    address = admin_address(type(rows[0]), "changelist")
    asked = client.post(address, sent)
    if asked.status_code != 200:
        return asked
    versions = {f"version-{row.pk}": getattr(row, "version", "") for row in rows}
    return client.post(address, sent | versions | {"confirmed": "1"}, follow=True)


def test_a_loan_goes_its_way_by_actions(desk: Desk) -> None:
    loan = ask(thing(desk, "Beamer", approval="manual", pickup_window=60), person("Ada"))
    for action, expected in (
        ("approve", "approved"),
        ("hand_out", "out"),
        ("recall", "out"),
        ("mark_lost", "lost"),
        ("mark_found", "returned"),
    ):
        act(desk.client, action, fresh(loan), reason="Inventory")
        assert status(loan) == [expected], action
    answer = act(desk.client, "approve", fresh(loan))
    assert "bar__message" not in answer.content.decode()
    assert status(loan) == ["returned"]
    events = loan.events.values_list("actor", "source")
    assert {*events} >= {(desk.staff.pk, "staff")}


@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_ending_a_request(desk: Desk, action: str) -> None:
    loan = ask(thing(desk, "Beamer", approval="manual"))
    act(desk.client, action, fresh(loan), reason="Broken")
    assert (status(loan), fresh(loan).reason) == (
        [{"decline": "declined", "cancel": "cancelled"}[action]],
        "Broken",
    )


def test_taking_back_and_ending_without_the_borrower(desk: Desk) -> None:
    first, second = ask(thing(desk, "Bench", loan_period=60)), ask(thing(desk, "Drill"))
    sent = {"action": "take_back", ACTION_CHECKBOX_NAME: [first.pk]}
    asked = desk.client.post(admin_address(Loan, "changelist"), sent).content.decode()
    assert "(Berlin time)" in asked.partition("Due ")[2].partition("<")[0]
    act(desk.client, "take_back", fresh(first))
    answer = act(desk.client, "force_return", fresh(second), reason="")
    assert "Enter a reason." in answer.content.decode()
    assert status(first, second) == ["returned", "out"]
    act(desk.client, "force_return", fresh(second), reason="Left the house")
    assert status(second) == ["returned"]


def test_what_has_changed_since_it_was_shown_stays(desk: Desk) -> None:
    loan = ask(thing(desk, "Beamer", approval="manual"))
    shown = fresh(loan)
    shown.version -= 1
    answer = act(desk.client, "decline", shown, reason="Broken")
    assert status(loan) == ["requested"]
    assert "has changed" in answer.content.decode()


def test_no_other_venues_loans_and_no_status_by_hand(desk: Desk) -> None:
    foreign, own = ask(make_thing()), ask(thing(desk, "Bench"), person("Ada"))
    act(desk.client, "take_back", foreign)
    assert status(foreign) == ["out"]
    assert desk.client.get(admin_address(Loan, "change", foreign.pk)).status_code == 302
    address = admin_address(Loan, "change", own.pk)
    answer = open_and_save(desk.client, address, status="returned", purpose="Thesis", priority="3")
    assert answer.status_code == 302
    loan = fresh(own)
    assert (loan.status, loan.purpose, loan.priority) == ("out", "Thesis", 3)
    page = desk.client.get(address).content.decode()
    assert desk.address("lend-desk-loan", own.uuid) in page
    history = desk.client.get(admin_address(Loan, "history", own.pk)).content.decode()
    assert "purpose:  → Thesis" in history
    for query in ("?q=Bench", "?q=ada", "?overdue=1", "?skip_reason__exact=overdue"):
        assert desk.client.get(admin_address(Loan, "changelist") + query).status_code == 200


def test_copies_and_things_are_written_by_services(desk: Desk) -> None:
    laptop, copy, other = laptops(desk)
    address = admin_address(Copy, "change", copy.pk)
    assert open_and_save(desk.client, address, state="repair").status_code == 302
    laptop.refresh_from_db()
    assert laptop.units == 1
    loan = hand_out(ask(laptop), other.code)
    taken = open_and_save(desk.client, admin_address(Copy, "change", other.pk), state="lost")
    assert "Someone else has this copy" in taken.content.decode()
    act(desk.client, "remove_copies", other)
    assert Copy.objects.filter(pk=other.pk).exists()
    spare = add_copy(resource=laptop, code="L-03", state=CopyState.REPAIR)
    act(desk.client, "remove_copies", spare)
    assert not Copy.objects.filter(pk=spare.pk).exists()
    lendable = Lendable.objects.get(resource=laptop)
    answer = act(desk.client, "stop_lending", lendable)
    assert "People have it or wait for it" in answer.content.decode()
    act(desk.client, "take_back", fresh(loan))
    act(desk.client, "stop_lending", lendable)
    assert not Lendable.objects.filter(pk=lendable.pk).exists()


def test_lists_are_written_as_people_write_them(desk: Desk) -> None:
    bench = thing(desk, "Bench")
    rules, lendable = rules_of(bench), Lendable.objects.get(resource=bench)
    address = admin_address(LendingRules, "change", rules.pk)
    page = desk.client.get(address).content.decode()
    assert 'name="chaser_days" value="1, 3, 7"' in page
    for hours, days, stored in (("48, 2", "1 3", ([48, 2], [1, 3])), ("", "", ([], []))):
        assert open_and_save(desk.client, address, reminder_hours=hours, chaser_days=days).status_code == 302
        rules.refresh_from_db()
        assert (rules.reminder_hours, rules.chaser_days) == stored
    for field, wrong, text in (
        ("reminder_hours", "soon", "Enter whole numbers"),
        ("reminder_hours", "169", "from 1 to 168"),
        ("chaser_days", "0", "from 1 to 365"),
        ("chaser_days", "1.5", "Enter whole numbers"),
    ):
        assert text in open_and_save(desk.client, address, **{field: wrong}).content.decode(), wrong
    address = admin_address(Lendable, "change", lendable.pk)
    assert open_and_save(desk.client, address, accessories="Charger\r\n\r\nBag").status_code == 302
    lendable.refresh_from_db()
    assert lendable.accessories == ["Charger", "Bag"]
    assert "Charger\nBag</textarea>" in desk.client.get(address).content.decode()


def test_staff_act_on_loans_and_look_at_the_rest(desk: Desk) -> None:
    staff = Client()
    staff.force_login(_member(desk))
    loan = ask(thing(desk, "Bench"))
    act(staff, "take_back", fresh(loan))
    assert status(loan) == ["returned"]
    lendable = Lendable.objects.get(resource__name="Bench")
    act(staff, "stop_lending", lendable)
    assert Lendable.objects.filter(pk=lendable.pk).exists()
    facilitator = Client()
    facilitator.force_login(_member(desk, Role.FACILITATOR))
    assert facilitator.get(admin_address(Loan, "changelist")).status_code == 403


def _member(desk: Desk, role: str = Role.STAFF) -> Any:
    return make_member(desk.venue, role)
