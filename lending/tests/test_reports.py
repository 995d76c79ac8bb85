"""Who waited how long, and how much things were used, against what one would count by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from lending import services
from lending.models import Lendable, Loan
from lending.reports import (
    Period,
    Waits,
    fairness_report,
    fairness_table,
    find_frequent,
    sum_up,
    use_report,
    use_table,
)
from lending.tests.helpers import NOBODY, ask, make_thing
from resources.enums import Role
from resources.models import Resource, Venue
from tests.factories import make_member, make_user, make_venue, open_always

pytestmark = pytest.mark.django_db
MONDAY = datetime(2030, 3, 4, 8, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def week(venue: Venue) -> Period:
    return Period.of(venue, MONDAY.date(), (MONDAY + timedelta(days=6)).date())


@pytest.fixture
def venue() -> Venue:
    venue = make_venue(time_zone="UTC")
    open_always(venue)
    return venue


@pytest.fixture
def bench(venue: Venue) -> Resource:
    """Ada has it for two hours, then Bob, who waited one of them, for ten; Cleo waits since then."""
    bench = make_thing(venue, loan_period=240)
    ada, bob, cleo = (make_user(first_name=name) for name in ("Ada", "Bob", "Cleo"))
    first = ask(bench, ada, now=at(0))
    ask(bench, bob, now=at(1))
    give_back(first, 2)
    ask(bench, cleo, now=at(11))
    give_back(Loan.objects.get(borrower=bob), 12)
    return bench


def give_back(loan: Loan, hours: float) -> None:
    services.return_loan(loan_id=loan.uuid, actor=NOBODY, now=at(hours))


def report(venue: Venue, viewer: Any, hours: float = 14) -> Any:
    return fairness_report(venue=venue, period=week(venue), viewer=viewer, now=at(hours))


def test_waits_and_shares_by_person(venue: Venue, bench: Resource) -> None:
    found = report(venue, make_member(venue, Role.STAFF))
    assert (found.loans, found.waits, found.waiting) == (3, Waits(3, 60, 60, 60), 0)
    people = {
        row.name: (row.loans, round(row.share, 2), row.minutes, row.waits.median) for row in found.people
    }
    assert people == {
        "Ada": (1, 0.33, 120, 0),
        "Bob": (1, 0.33, 600, 60),
        "Cleo": (1, 0.33, 120, 60),
    }
    (rule,) = found.rules
    assert (rule.rule, rule.loans, rule.frequent.median, rule.others.median) == ("fifo", 3, 60, 30)
    columns, rows = fairness_table(found)
    assert dict(zip(columns, rows[0], strict=True))["person"] == "Bob"


def test_names_are_for_managers_and_staff(venue: Venue, bench: Resource) -> None:
    for viewer in (AnonymousUser(), make_user(), make_member(venue, Role.FACILITATOR)):
        assert {row.name for row in report(venue, viewer).people} == {""}


def test_what_lies_outside_of_the_period_does_not_count(venue: Venue, bench: Resource) -> None:
    tuesday = Period.of(venue, at(24).date(), at(24).date())
    staff = make_member(venue, Role.STAFF)
    before = fairness_report(venue=venue, period=tuesday, viewer=staff, now=at(14))
    assert (before.loans, before.people) == (0, [])
    # Cleo still has it: her time on Tuesday counts, though she got it on Monday.
    later = fairness_report(venue=venue, period=tuesday, viewer=staff, now=at(24))
    assert [(row.name, row.loans, row.minutes) for row in later.people] == [("Cleo", 0, 480)]
    assert later.waits == Waits()


def test_use_of_things(venue: Venue, bench: Resource) -> None:
    idle = make_thing(venue)
    # Both could be lent for four hours before anybody came; how long they were there before says nothing.
    Lendable.history.update(history_date=at(-4))
    Resource.objects.filter(venue=venue).update(created_at=at(-24))
    found = use_report(venue=venue, period=week(venue), now=at(20))
    rows = {row.resource.pk: row for row in found.things}
    used = rows[bench.pk]
    # Out for 12 hours and, with Cleo, for the last eight; Bob was six hours late, Cleo is four.
    assert (used.loans, used.minutes, used.share, used.overdue) == (3, 1200, 20 / 24, 2)
    assert (rows[idle.pk].loans, rows[idle.pk].share, rows[idle.pk].waits) == (0, 0.0, Waits())
    assert (found.loans, found.minutes, found.share, found.overdue) == (3, 1200, 20 / 48, 2)
    columns, cells = use_table(found)
    assert dict(zip(columns, cells[0], strict=True))["minutes"] == 1200


@pytest.mark.once
def test_dated_loans_do_not_wait_and_lost_things_are_counted(venue: Venue) -> None:
    thing = make_thing(venue, approval="manual")
    loan = ask(thing, now=at(0), wanted_from=at(24), wanted_until=at(48))
    services.approve_loan(loan_id=loan.uuid, actor=NOBODY, now=at(20))
    services.begin_dated(now=at(24))
    services.hand_out(loan_id=loan.uuid, actor=NOBODY, now=at(24)) if _is_ready(loan) else None
    services.mark_lost(loan_id=loan.uuid, actor=NOBODY, now=at(30))
    (row,) = use_report(venue=venue, period=week(venue), now=at(60)).things
    assert (row.loans, row.minutes, row.waits.count, row.lost) == (1, 360, 0, 1)


def _is_ready(loan: Loan) -> bool:
    return Loan.objects.get(pk=loan.pk).status == "approved"


@pytest.mark.once
def test_medians_and_the_slow_end() -> None:
    assert sum_up([]) == Waits()
    assert sum_up([60 * minute for minute in range(1, 101)]) == Waits(100, 50, 95, 100)
    a, b, c = (User().pk for _ in range(3))
    assert find_frequent({a: 10, b: 60, c: 30}) == {b}
    assert find_frequent({a: 30, b: 40, c: 30}) == {b} | find_frequent({a: 30, c: 30})
    assert find_frequent({a: 10}) == set()


@pytest.mark.once
def test_queries_do_not_grow(venue: Venue, bench: Resource) -> None:
    staff = make_member(venue, Role.STAFF)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            report(venue, staff)
            use_report(venue=venue, period=week(venue), now=at(14))
        return len(captured)

    count()
    before = count()
    for _number in range(3):
        ask(make_thing(venue), now=at(3))
    count()
    assert count() == before <= 12
