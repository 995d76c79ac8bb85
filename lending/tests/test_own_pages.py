"""Pages of one's own loans, and the wall: what they show to whom, and what their buttons do."""

from html import unescape
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from common.clock import now
from common.templatetags.holdfast import clock, moment, short_day
from lending import services
from lending.models import Loan
from lending.tests.helpers import (
    NOBODY,
    ask,
    change_rules,
    fresh,
    in_minutes,
    make_lending_rules,
    make_thing,
    rules_of,
    status,
)
from lending.tests.page_helpers import loan_page, main, page_of, read, send, signed_in
from resources.enums import Role
from tests.factories import at, make_leader, make_member, make_user, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("no_kept_ranges")]


# --- One's own ---


def lived(person: User) -> dict[str, Loan]:
    """Something of each kind."""
    thing = make_thing(loan_period=600, lease=30)
    venue = thing.venue
    waited = make_thing(venue, make_lending_rules(venue, queue_lease=20))
    ask(waited)
    late = make_thing(venue, make_lending_rules(venue, loan_period=10))
    return {
        "out": ask(thing, person, purpose="Thesis"),
        "ready": ask(make_thing(venue, make_lending_rules(venue, pickup_window=30)), person),
        "waiting": ask(waited, person),
        "late": ask(late, person, now=in_minutes(-30)),
    }


def test_mine_shows_what_i_have_and_my_places(person: User) -> None:
    client = signed_in(person)
    assert "You have nothing on loan" in read(client, reverse("lend-mine"))
    loans = lived(person)
    page = main(read(client, reverse("lend-mine")))
    for text in (
        "Keep it 30 minutes more",
        "Renew until",
        "Overdue",
        "Pick it up by",
        "Number 1 in line",
        "choose “Keep it 30 minutes more” before",
        "Choose “Keep my place 20 minutes more” before",
        "Cancel pickup",
    ):
        assert text in page, text
    assert page.index(loans["late"].thing.name) < page.index(loans["out"].thing.name)
    assert "will appear here" in read(client, f"{reverse('lend-mine')}?show=past")
    services.return_loan(loan_id=loans["out"].uuid, actor=NOBODY)
    page = read(client, f"{reverse('lend-mine')}?show=past")
    assert "Borrow again" in page
    assert f">{moment(now().astimezone(loans['out'].venue.zone))}</time>" in page  # today, too
    assert Client().get(reverse("lend-mine")).status_code == 302


def test_who_waits_hears_when_the_queue_moves(person: User) -> None:
    thing = make_thing()
    out, first, mine, client = ask(thing), ask(thing), ask(thing, person), signed_in(person)
    pages = [reverse("lend-mine"), loan_page(mine)]
    asked = {page: unescape(read(client, page).split(' data-live="')[1].split('"')[0]) for page in pages}
    last = client.get(f"/api/changes?since={now().timestamp():.0f}&{asked[pages[0]]}").json()["last_id"]
    services.return_loan(loan_id=out.uuid, actor=NOBODY)
    assert status(first) == ["out"]
    for page, query in asked.items():
        told = client.get(f"/api/changes?after={last}&{query}").json()["changes"]
        assert told, page
        assert not any("id" in change for change in told), page  # whose it was stays unsaid


def test_many_loans_cost_as_many_queries_as_few() -> None:
    def count(times: int) -> int:
        person = make_user()
        for _ in range(times):
            lived(person)
        client = signed_in(person)
        client.get(reverse("lend-mine"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("lend-mine"))
        return len(queries)

    assert count(1) >= count(3) - 2  # the catalogs of two venues more


def test_each_button_does_what_it_says_once(person: User) -> None:
    loans, client = lived(person), signed_in(person)

    def press(name: str, which: str, **data: Any) -> str:
        answer = send(client, reverse(f"lend-{name}", args=[loans[which].uuid]), **data)
        assert answer["Location"] == loan_page(loans[which]), name
        return read(client, answer["Location"])

    assert "Kept." in press("keep", "out")
    assert "Paused. You keep your place." in press("pause", "waiting")
    assert fresh(loans["waiting"]).skip_reason == "suspended"
    assert "Paused without an end." in read(client, reverse("lend-mine"))
    assert "at your place" in press("resume", "waiting")
    press("resume", "waiting")
    assert "Saved." in press("edit", "waiting", purpose="Another")
    assert fresh(loans["waiting"]).purpose == "Another"
    for _ in range(2):
        assert "Cancelled." in press("cancel", "ready")
        assert "Cancelled." in press("cancel", "waiting")
        assert "Returned. Thank you." in press("return", "late")
    assert status(loans["ready"], loans["waiting"], loans["late"]) == ["cancelled", "cancelled", "returned"]


def test_renewing_twice_renews_once(person: User) -> None:
    thing = make_thing(loan_period=600)
    loan = ask(thing, person, now=in_minutes(-60))
    client, address = signed_in(person), reverse("lend-renew", args=[loan.uuid])
    version = fresh(loan).version
    with time_machine.travel(in_minutes(0), tick=False):
        promised = [read(client, page) for page in (loan_page(loan), reverse("lend-mine"), page_of(thing))]
        for _ in range(2):
            assert send(client, address, version=version)["Location"] == loan_page(loan)
        assert "Renew until" not in main(read(client, loan_page(loan)))  # it would be no longer
    due_at = fresh(loan).due_at
    assert due_at is not None
    for page in promised:
        assert f"Renew until {moment(due_at.astimezone(thing.venue.zone))}" in page
    assert fresh(loan).renewals_used == 1
    ask(thing)
    answer = client.post(address, {"version": fresh(loan).version})
    assert answer.status_code == 409
    assert "Someone is waiting for this" in answer.content.decode()
    assert client.post(address, {"version": "x"}).status_code == 400


def test_pausing_until_a_day(person: User) -> None:
    thing = make_thing()
    ask(thing)
    loan = ask(thing, person)
    client, address = signed_in(person), reverse("lend-pause", args=[loan.uuid])
    for day in ("2020-01-01", "someday"):
        answer = client.post(address, {"until": day})
        assert answer.status_code == 400
        assert 'aria-invalid="true"' in answer.content.decode()
    until = at(5).astimezone(thing.venue.zone).date()
    send(client, address, until=until.isoformat())
    found = fresh(loan).suspended_until
    assert found is not None
    assert found.astimezone(thing.venue.zone).isoformat().startswith(f"{until}T00:00")
    assert "Paused until" in read(client, loan_page(loan))


def test_why_somebody_was_passed_over_and_what_happened(person: User) -> None:
    thing = make_thing()
    late = make_thing(thing.venue, make_lending_rules(thing.venue, loan_period=10))
    out = ask(thing)
    waiting = ask(thing, person)
    ask(late, person, now=in_minutes(-30))
    third = ask(thing)
    services.return_loan(loan_id=out.uuid, actor=NOBODY)
    assert status(waiting, third) == ["requested", "out"]
    page = read(signed_in(person), loan_page(waiting))
    assert "You have something overdue" in page
    assert "Number 1 in line" in page
    page = read(signed_in(out.borrower), loan_page(out))
    for text in ("Requested", "Approved", "Handed out", "Returned"):
        assert text in page


def test_others_find_and_change_nothing(person: User) -> None:
    loan = ask(make_thing(), person)
    names = ("return", "renew", "keep", "cancel", "pause", "resume", "edit")
    for other in (make_user(), make_member(make_venue(), Role.MANAGER)):
        client = signed_in(other)
        assert client.get(loan_page(loan)).status_code == 404
        assert client.get(reverse("lend-booking", args=[fresh(loan).reservation_id])).status_code == 404
        assert {client.post(reverse(f"lend-{name}", args=[loan.uuid])).status_code for name in names} == {404}
    guest = Client()
    assert guest.get(loan_page(loan)).status_code == 302
    led = {guest.post(reverse(f"lend-{name}", args=[loan.uuid]))["Location"] for name in names}
    assert led == {f"/accounts/login/?next={loan_page(loan)}"}
    assert loan.resource
    staff, leader = signed_in(make_member(loan.venue)), signed_in(make_leader(loan.resource))
    assert "Ada Lovelace" in read(staff, loan_page(loan))
    assert "<form" not in main(read(leader, loan_page(loan)))
    assert {leader.post(reverse(f"lend-{name}", args=[loan.uuid])).status_code for name in names} == {403}
    calendar_link = reverse("lend-booking", args=[fresh(loan).reservation_id])
    assert staff.get(calendar_link)["Location"].startswith(f"/lend/desk/{loan.venue.slug}/loans/")
    assert signed_in(person).get(calendar_link)["Location"] == loan_page(loan)
    assert status(loan) == ["out"]
    assert signed_in(person).get(reverse("lend-loan", args=[UUID(int=1)])).status_code == 404


# --- The wall ---


def test_the_wall_hangs_openly_where_no_names_are_shown() -> None:
    thing = make_thing(names_shown="staff", lease=30)
    ask(thing, make_user(first_name="Grace", last_name="Hopper"))
    ask(thing, make_user(first_name="Barbara", last_name="Liskov"))
    address = reverse("lend-board", args=[thing.venue.slug])
    page = read(Client(), address)
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "data-until=" in page
    assert "1 person waiting" in page
    assert "Hopper" not in page
    change_rules(thing, names_shown="initials")
    assert Client().get(address)["Location"] == f"/accounts/login/?next={address}"
    page = read(signed_in(make_member(thing.venue)), address)  # the wall is read by all who pass
    assert "G. H." in page
    assert "B. L." in page
    assert "Hopper" not in page
    change_rules(thing, names_shown="everybody")
    assert "Grace Hopper" in read(signed_in(make_user()), address)
    assert Client().get(reverse("lend-board", args=["nowhere"])).status_code == 404


def test_the_wall_says_what_waits_for_whom_to_be_fetched() -> None:
    thing = make_thing(names_shown="staff", pickup_window=120)
    loan = ask(thing, make_user(first_name="Grace", last_name="Hopper"))
    assert loan.valid_until
    address = reverse("lend-board", args=[thing.venue.slug])
    local = loan.valid_until.astimezone(thing.venue.zone)
    until = f'until <time datetime="{local.isoformat()}">{short_day(local)}, {clock(local)}</time>'
    for names, text in (("staff", "To be picked up"), ("initials", "Reserved for G. H.")):
        change_rules(thing, names_shown=names)
        page = read(signed_in(make_user()), address)
        assert (text in page, until in page) == (True, True), names
    assert "to be picked up by" in main(read(Client(), page_of(thing)))


def test_the_wall_costs_the_same_for_many_things() -> None:
    def count(things: int) -> int:
        first = make_thing(names_shown="staff")
        lent = [first, *(make_thing(first.venue, rules_of(first)) for _ in range(things - 1))]
        for thing in lent:
            ask(thing), ask(thing)
        address = reverse("lend-board", args=[first.venue.slug])
        Client().get(address)
        with CaptureQueriesContext(connection) as queries:
            Client().get(address)
        return len(queries)

    assert count(1) == count(4)
