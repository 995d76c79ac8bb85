"""Dates beside queues, what is promised to those who wait, and what they are told."""

from datetime import timedelta
from typing import Any

import pytest

from common.clock import now
from common.errors import DomainError
from lending import selectors, services
from lending.enums import Status
from lending.exceptions import AlreadyRequested, QueueFirst
from lending.models import Queue
from lending.offering import Ask, expect_each
from lending.selectors import expect, find_positions
from lending.terms import terms_at
from lending.tests.helpers import (
    NOBODY,
    STAFF,
    ask,
    fresh,
    give_back,
    in_minutes,
    make_thing,
    rules_of,
    status,
)
from reservations.exceptions import SlotTaken
from resources.catalog import catalog
from tests.factories import make_group, make_user

pytestmark = pytest.mark.django_db


def test_dates_fit_whole_or_are_refused() -> None:
    thing = make_thing()
    times: dict[str, Any] = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(120)}
    dated = ask(thing, **times)
    assert (dated.status, dated.due_at) == ("approved", in_minutes(120))
    with pytest.raises(SlotTaken):
        ask(thing, wanted_from=in_minutes(90), wanted_until=in_minutes(150))
    open_ended = ask(thing)
    assert open_ended.due_at == in_minutes(60)
    give_back(open_ended)
    assert services.begin_dated(now=in_minutes(61)) == 1
    assert status(dated) == ["out"]


def test_dates_that_would_break_a_promise_are_refused() -> None:
    """The first in line wants both, and has been told: in an hour."""
    thing = make_thing(units=2, loan_period=60)
    ask(thing)
    ask(thing)
    first = ask(thing, units=2)
    assert selectors.expect(first, now()).sure is not None
    with pytest.raises(QueueFirst):
        ask(thing, wanted_from=in_minutes(60), wanted_until=in_minutes(300))
    assert ask(thing, wanted_from=in_minutes(600), wanted_until=in_minutes(700)).status == "approved"


def test_a_pause_that_is_over_takes_no_promise_away() -> None:
    thing = make_thing(loan_period=60)
    ask(thing)
    first = ask(thing)
    services.suspend_loan(loan_id=first.uuid, actor=NOBODY, until=in_minutes(10))
    for minutes in (60, 61):  # a minute is not worth having it
        with pytest.raises(QueueFirst):
            ask(thing, wanted_from=in_minutes(minutes), wanted_until=in_minutes(600), now=in_minutes(20))
    later = ask(thing, wanted_from=in_minutes(90), wanted_until=in_minutes(600), now=in_minutes(20))
    assert status(later) == ["approved"]


def test_dates_that_begin_soon_overtake_as_others_do() -> None:
    """Whoever wants all three is overtaken once, and then what is free is kept for them."""
    thing = make_thing(units=3, overtakes=1)
    out, three = ask(thing), ask(thing, units=3)
    ask(thing, wanted_from=in_minutes(3 * 1440), wanted_until=in_minutes(4 * 1440))
    assert fresh(three).skips == 0
    dated = ask(thing, wanted_from=in_minutes(0), wanted_until=in_minutes(60))
    assert (status(dated), fresh(three).skips) == (["out"], 1)
    for minutes in (0, 10, 600):
        with pytest.raises(QueueFirst):
            ask(thing, wanted_from=in_minutes(minutes), wanted_until=in_minutes(6000))
    one = ask(thing)
    assert one.status == "requested"
    services.cancel_loan(loan_id=one.uuid, actor=NOBODY)
    services.suspend_loan(loan_id=three.uuid, actor=NOBODY, until=in_minutes(30))
    assert ask(thing, wanted_from=in_minutes(0), wanted_until=in_minutes(20)).status == "out"
    give_back(out)
    assert fresh(three).skips == 1


def test_a_promise_counts_beside_something_without_an_end() -> None:
    """One is out for as long as it takes; two are back in an hour, and then the first in line has them."""
    thing = make_thing(units=3)
    ask(thing)
    ask(thing, units=2, wanted_from=in_minutes(0), wanted_until=in_minutes(60))
    all_three = ask(thing, units=3)
    services.suspend_loan(loan_id=all_three.uuid, actor=NOBODY)
    two = ask(thing, units=2)
    services.suspend_loan(loan_id=two.uuid, actor=NOBODY, until=in_minutes(5))
    times: dict[str, Any] = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(300)}
    paused = ask(thing, now=in_minutes(1), **times)  # nobody is in the way
    services.cancel_loan(loan_id=paused.uuid, actor=NOBODY, now=in_minutes(2))
    with pytest.raises(QueueFirst):
        ask(thing, now=in_minutes(6), **times)
    assert status(two) == ["requested"]


def test_staff_decide_on_dates() -> None:
    thing = make_thing(approval="manual")
    times: dict[str, Any] = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(120)}
    first, second = ask(thing, **times), ask(thing, **times)
    assert status(first, second) == ["requested", "requested"]
    assert services.approve_loan(loan_id=first.uuid, actor=STAFF).status == "approved"
    with pytest.raises(SlotTaken):
        services.approve_loan(loan_id=second.uuid, actor=STAFF)
    assert services.expire_requests(now=in_minutes(62)) == 1
    assert status(first, second) == ["approved", "expired"]


# --- waits ---


def test_what_people_are_told_of_their_wait() -> None:
    thing = make_thing(loan_period=60)
    out, first, second = ask(thing), ask(thing), ask(thing)
    told = selectors.expect(second, now())
    assert (told.ahead, told.sure) == (1, in_minutes(120))
    queue = Queue.objects.get(resource=thing)
    assert selectors.expect_next(queue, now()).ahead == 2
    assert selectors.loan_counts(out.borrower_id, now()) == {
        "loans_out": 1,
        "loans_waiting": 0,
        "loans_overdue": 0,
    }
    assert selectors.find_positions([first, second], now()) == {first.pk: 1, second.pk: 2}
    services.suspend_loan(loan_id=first.uuid, actor=NOBODY)
    assert selectors.expect(second, now()).ahead == 0


def test_places_in_line_count_all_who_may_be_given_the_same() -> None:
    """Of a thing and of its group, whoever came first goes first."""
    thing = make_thing(loan_period=60)
    other = make_thing(thing.venue, rules_of(thing))
    group = make_group([thing, other])
    ask(thing), ask(other)
    for_any, for_one, for_any_later = ask(group), ask(thing), ask(group)
    ask(make_thing(thing.venue, rules_of(thing)))

    at = now()
    assert find_positions([for_any, for_one, for_any_later], at) == {
        for_any.pk: 1,
        for_one.pk: 2,
        for_any_later.pk: 3,
    }
    assert [expect(loan, at).ahead for loan in (for_any, for_one, for_any_later)] == [0, 1, 2]
    things = catalog(thing.venue_id).bookables
    terms = terms_at(thing.venue_id)[thing.pk]
    asks = [Ask((things[thing.pk],), [terms]), Ask((things[other.pk],), [terms])]
    assert [found.ahead for found in expect_each(asks, at)] == [3, 2]


def test_nobody_can_tell_when_something_lost_is_found() -> None:
    thing = make_thing(loan_period=60)
    out, waiting = ask(thing), ask(thing)
    at = now()
    assert expect(waiting, at).sure == out.due_at
    services.mark_lost(loan_id=out.uuid, actor=STAFF)

    asked = Ask((catalog(thing.venue_id).bookables[thing.pk],), [terms_at(thing.venue_id)[thing.pk]])
    assert [expect(waiting, at).sure, expect_each([asked], at)[0].sure] == [None, None]


def test_a_year_with_time_for_service_is_free_where_nobody_has_it() -> None:
    thing = make_thing(service_time=60)
    start = in_minutes(5)
    loan = ask(thing, wanted_from=start, wanted_until=start + timedelta(minutes=525_594))
    assert loan.status == Status.APPROVED
    with pytest.raises(DomainError):
        ask(thing, wanted_from=in_minutes(525_500), wanted_until=in_minutes(525_590))


def test_nobody_waits_for_what_they_have_for_dates() -> None:
    thing, who = make_thing(loan_period=600), make_user()
    loan = ask(thing, who, wanted_from=in_minutes(0), wanted_until=in_minutes(60))
    with pytest.raises(AlreadyRequested):
        ask(thing, who, now=in_minutes(10))
    services.renew_loan(loan_id=loan.uuid, actor=NOBODY, now=in_minutes(20))
