"""Who may do what, and what is stored about whom."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser

from accounts import privacy
from accounts.exceptions import AccountNeeded
from accounts.models import User
from accounts.services.closing import close_account
from common import clock
from lending import permissions, services
from lending.exceptions import LoanRefused
from lending.models import Loan, LoanEvent
from lending.terms import terms_of
from lending.tests.helpers import (
    NOBODY,
    STAFF,
    ask,
    change_rules,
    fresh,
    in_minutes,
    list_offered,
    make_thing,
    rules_of,
    status,
)
from reservations.domain.values import Actor
from reservations.models import Reservation, ReservationEvent
from reservations.services import make_rule, remove_history
from reservations.tests.api_helpers import signed_in
from resources.enums import Role
from tests.factories import at, make_leader, make_member, make_user, make_venue
from tests.tables import strangers

pytestmark = [pytest.mark.django_db, pytest.mark.once]
WORDS = ("Zebedea", "Quillfeather", "zq@example.com", "thesis", "scratched", "carpet")


@pytest.fixture
def person() -> User:
    return make_user("zq@example.com", first_name="Zebedea", last_name="Quillfeather")


def traces() -> set[str]:
    models: list[Any] = [Loan, LoanEvent, Reservation, ReservationEvent]
    text = str([list(model._default_manager.values()) for model in models])
    return {word for word in WORDS if word in text}


def lived(person: User) -> dict[str, Loan]:
    over = ask(make_thing(), person, purpose="My thesis")
    services.force_return(loan_id=over.uuid, actor=STAFF, reason="It lay on the carpet")
    ready = ask(make_thing(pickup_window=60), person)
    thing = make_thing()
    ask(thing)
    waiting = ask(thing, person, purpose="Another thesis")
    given_up = ask(make_thing(pickup_window=60), person)
    services.cancel_loan(loan_id=given_up.uuid, actor=NOBODY, reason="carpet")
    return {"over": over, "ready": ready, "waiting": waiting, "given_up": given_up}


def test_whoever_has_something_cannot_go(person: User) -> None:
    loan = ask(make_thing(), person)
    with pytest.raises(AccountNeeded, match="Bring it back first"):
        close_account(user=person)
    services.return_loan(loan_id=loan.uuid, actor=NOBODY, condition="scratched")
    close_account(user=person)
    assert traces() == set()


def test_whoever_lost_something_settles_that_first(person: User) -> None:
    loan = ask(make_thing(), person)
    services.mark_lost(loan_id=loan.uuid, actor=STAFF)
    with pytest.raises(AccountNeeded, match="Settle that"):
        close_account(user=person)
    services.mark_found(loan_id=loan.uuid, actor=STAFF)
    close_account(user=person)


def test_nothing_of_the_person_is_left_and_the_books_stay(person: User) -> None:
    loans = lived(person)
    assert traces() >= {"Zebedea", "thesis", "carpet"}
    events = LoanEvent.objects.count()
    assert privacy.list_losses(privacy.person_of(person)) == [
        "2 requests to borrow something will be cancelled."
    ]
    close_account(user=person)
    assert traces() == set()
    assert status(*loans.values()) == ["returned", "cancelled", "cancelled", "cancelled"]
    assert LoanEvent.objects.count() == events + 2
    assert fresh(loans["over"]).borrower_id == person.pk


def test_it_can_be_taken_along(person: User) -> None:
    lived(person)
    loans = privacy.build_document(person)["loans"]
    assert [row["status"] for row in loans] == ["returned", "approved", "requested", "cancelled"]
    assert loans[0]["purpose"] == "My thesis"
    assert [event["kind"] for event in loans[0]["history"]][-1] == "forced"
    assert len(privacy.gather_traces(privacy.person_of(person)).subjects) >= 4


def test_old_loans_go_with_their_reservation() -> None:
    with time_machine.travel(at(-1200, 8)):
        thing = make_thing(loan_period=60)
        over, still_out = ask(thing), ask(make_thing(thing.venue, loan_period=60))
        services.return_loan(loan_id=over.uuid, actor=NOBODY)
    rule = make_rule(thing.venue, months=24, now=clock.now())
    assert remove_history(rule, now=clock.now()) == 1
    assert list(Loan.objects.all()) == [still_out]
    assert not LoanEvent.objects.filter(loan=over.pk).exists()


def test_rows_name_their_parents_venue(person: User) -> None:
    lived(person)
    services.add_copy(resource=make_thing(), code="A")
    assert strangers() == []


@pytest.mark.parametrize("who", ["holder", "other", "staff", "elsewhere", "nobody", "facilitator", "leader"])
def test_who_may_do_what(who: str) -> None:
    thing = make_thing()
    loan = ask(thing)
    users: dict[str, Any] = {
        "holder": lambda: loan.borrower,
        "other": make_user,
        "staff": lambda: make_member(thing.venue, Role.STAFF),
        "elsewhere": lambda: make_member(make_venue(), Role.MANAGER),
        "nobody": AnonymousUser,
        "facilitator": lambda: make_member(thing.venue, Role.FACILITATOR),
        "leader": lambda: make_leader(thing),
    }
    user = users[who]()
    sees = who in ("holder", "staff", "leader")
    assert permissions.can_view(user, loan) == sees
    assert Loan.objects.visible_to(user).filter(pk=loan.pk).exists() == sees
    assert permissions.can_change(user, loan) == (who in ("holder", "staff"))
    assert permissions.can_manage(user, loan) == (who == "staff")
    assert permissions.can_request(user, thing) == (who != "nobody")
    assert permissions.can_request(user, thing, make_user()) == (who == "staff")
    actions = permissions.allowed_actions(user, loan, terms_of(rules_of(thing)))
    assert ("return" in actions, "force-return" in actions) == (who in ("holder", "staff"), who == "staff")
    assert bool(actions) == (who in ("holder", "staff"))


def test_what_can_be_done_is_what_is_offered() -> None:
    thing = make_thing(pickup_window=30, approval="manual", loan_period=60)
    loan, boss = ask(thing), make_member(thing.venue)
    terms = terms_of(rules_of(thing))
    assert permissions.allowed_actions(loan.borrower, loan, terms) == ["cancel", "suspend"]
    assert "approve" in permissions.allowed_actions(boss, loan, terms)
    loan = services.approve_loan(loan_id=loan.uuid, actor=Actor(boss))
    assert "hand-out" in permissions.allowed_actions(boss, loan, terms)
    loan = services.hand_out(loan_id=loan.uuid, actor=Actor(boss))
    assert permissions.allowed_actions(loan.borrower, loan, terms) == ["return", "renew"]
    change_rules(thing, return_by="staff")
    by_staff = terms_of(rules_of(thing))
    assert permissions.allowed_actions(loan.borrower, loan, by_staff) == ["renew"]
    loan = services.mark_lost(loan_id=loan.uuid, actor=Actor(boss))
    assert permissions.allowed_actions(boss, loan, terms) == ["found"]


def test_what_is_not_there_is_not_offered_to_be_handed_out() -> None:
    """Nor is to be renewed what its borrower has renewed as often as they may."""
    thing = make_thing(loan_period=60, renewals=1)
    boss = make_member(thing.venue)
    dates: dict[str, Any] = {"wanted_from": in_minutes(30), "wanted_until": in_minutes(90)}
    booked, late = ask(thing, **dates), ask(thing)
    with time_machine.travel(in_minutes(31), tick=False):
        services.watch_overdue(now=clock.now())
        for loan in (booked, late):
            loan.refresh_from_db()
        assert list_offered(boss, booked) == ["cancel", "swap"]
        with pytest.raises(LoanRefused):
            services.hand_out(loan_id=booked.uuid, actor=Actor(boss))
        assert "renew" in list_offered(late.borrower, late)
        services.cancel_loan(loan_id=booked.uuid, actor=Actor(boss))
        renewed = services.renew_loan(loan_id=late.uuid, actor=Actor(late.borrower))
        assert list_offered(late.borrower, renewed) == ["return"]
        assert "renew" in list_offered(boss, renewed)  # over its head


def test_names_as_the_rules_show_them() -> None:
    thing = make_thing()
    reader, staff = make_user(), make_member(thing.venue)
    shown = {"everybody": "Ada Lovelace", "initials": "A. L.", "staff": ""}
    for names, text in shown.items():
        change_rules(thing, names_shown=names)
        terms = terms_of(rules_of(thing))
        assert permissions.show_name("Ada Lovelace", reader, thing.venue_id, terms) == text
        assert permissions.show_name("Ada Lovelace", AnonymousUser(), thing.venue_id, terms) == ""
        assert permissions.public_name("Ada Lovelace", terms) == text
        assert permissions.show_name("Ada Lovelace", staff, thing.venue_id, terms) == "Ada Lovelace"


def test_what_a_process_that_died_has_left_is_served_by_the_next_run() -> None:
    """The look after the commit never came: the configuration is another one."""
    thing = make_thing()
    ask(thing)
    waiting = ask(thing)
    assert services.serve_queues(now=clock.now()) == 0
    thing.units = 2
    thing.save()
    assert status(waiting) == ["requested"]
    assert services.serve_queues(now=clock.now()) == 1
    assert status(waiting) == ["out"]
    assert services.serve_queues(now=clock.now() + timedelta(seconds=15)) == 0


def test_facilitators_read_in_bookings_and_calendars_no_names_that_are_for_staff() -> None:
    thing = make_thing(names_shown="staff")
    person = make_user("zebulon@example.com", first_name="Zebulon", last_name="Quuxley")
    loan = ask(thing, person)
    client = signed_in(make_leader(thing))
    booking, calendar = f"/api/reservations/{loan.reservation_id}", f"/api/calendar?venue={thing.venue.slug}"
    for address in ("/api/lending/loans", "/api/reservations", booking, calendar):
        answer = client.get(address)
        assert answer.status_code == (404 if address == booking else 200)
        shown = answer.content.decode().lower()
        assert "quuxley" not in shown, address
        assert "zebulon" not in shown, address
    assert client.get("/api/lending/loans").json()["count"] == 1
