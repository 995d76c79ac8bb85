"""Pure rules against slow, obvious ones: windows, plans, pay, credits."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classes.enums import BelowMinimum
from classes.policies.credits import PassFacts, find_obstacle, value_uses
from classes.policies.pay import Rate, calculate_pay
from classes.policies.plans import Term, count_paid, is_whole, make_parts, split_amount
from classes.policies.windows import (
    USUAL,
    Rules,
    find_closed_window,
    find_free_end,
    find_offer_end,
    fits_type,
    is_free_to_cancel,
    is_in_time,
    is_time_to_decide,
    is_waitlist_open,
)
from common.money import round_amount
from resources.bookables import Tier
from tests.effort import examples

START = 1_000_000
CENT = Decimal("0.01")
amounts = st.integers(0, 1_000_000).map(lambda cents: Decimal(cents) / 100)
shares = st.lists(st.integers(1, 10_000).map(lambda number: Decimal(number) / 100), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("rules", "before", "code"),
    [
        (USUAL, 1, ""),
        (USUAL, 0, "booking_closed"),
        (Rules(book_until=30), 30, ""),
        (Rules(book_until=30), 29, "booking_closed"),
        (Rules(book_from_days=2), 2880, ""),
        (Rules(book_from_days=2), 2881, "booking_not_open"),
    ],
)
def test_when_booking_is_open(rules: Rules, before: int, code: str) -> None:
    assert find_closed_window(rules, START, START - before) == code


def test_lines_close_before_the_start() -> None:
    rules = Rules(waitlist_close=120, offer_minutes=60)
    assert [is_waitlist_open(rules, START, START - before) for before in (121, 120)] == [True, False]
    assert [find_offer_end(rules, START, START - before) for before in (600, 150)] == [
        START - 540,
        START - 120,
    ]
    deciding = Rules(min_attendance=3, decide_hours=2, below_minimum=BelowMinimum.CANCEL)
    answers = [is_time_to_decide(deciding, START, START - before) for before in (121, 120, 1, 0)]
    assert answers == [False, True, True, False]
    assert not is_time_to_decide(USUAL, START, START - 1)
    assert [find_free_end(START, START - before) for before in (5000, 60)] == [START - 5000 + 2880, START]
    assert fits_type(0, 1440, is_retreat=False)
    assert not fits_type(0, 1441, is_retreat=False)
    assert not fits_type(0, 14 * 1440 + 1, is_retreat=True)


def test_what_cancelling_returns() -> None:
    late = Rules(late_cancel_hours=12)
    assert (USUAL.tiers, late.tiers) == ((), (Tier(12, Decimal(100), Decimal(0)),))
    assert [is_in_time(late, START, START - before) for before in (720, 719)] == [True, False]
    half = Rules(policy=(Tier(24, Decimal(100), Decimal(0)), Tier(0, Decimal(50), Decimal(0))))
    free = [is_free_to_cancel(rules, START, START - 1440) for rules in (USUAL, late, half)]
    assert free == [True, True, True]
    costs = [is_free_to_cancel(rules, START, START - 700) for rules in (USUAL, late, half)]
    assert costs == [True, False, False]


@given(amounts, shares)
@examples(60)
def test_parts_are_the_whole(total: Decimal, percents: list[Decimal]) -> None:
    parts = split_amount(total, percents, "EUR")
    assert sum(parts) == total
    assert all(part >= 0 and part == round_amount(part, "EUR") for part in parts)
    exact = [total * share / sum(percents) for share in percents]
    assert all(abs(part - due) <= CENT for part, due in zip(parts, exact, strict=True))
    yen = split_amount(total.to_integral_value(), percents, "JPY")
    assert all(part == part.to_integral_value() for part in yen)


@given(amounts, shares, st.integers(0, 90))
@examples(40)
def test_a_plan_is_due_by_its_dates(total: Decimal, percents: list[Decimal], days: int) -> None:
    today, starts = date(2027, 3, 1), date(2027, 3, 1) + timedelta(days=days)
    terms = [Term(share, days_before=number * 7) for number, share in enumerate(percents)]
    parts = make_parts(total, terms, "EUR", starts_on=starts, today=today)
    assert sum(part.amount for part in parts) == total
    assert [part.due_on for part in parts] == sorted(part.due_on for part in parts)
    assert all(today <= part.due_on <= max(starts, today) for part in parts)
    assert count_paid([part.amount for part in parts], total) == len(parts)


def test_plans_that_are_whole() -> None:
    assert is_whole([Term(Decimal("33.34")), Term(Decimal("66.66"))])
    assert not is_whole([Term(Decimal(99))])
    assert [count_paid([10, 20], paid) for paid in map(Decimal, (9, 10, 29, 30))] == [0, 1, 1, 2]  # type: ignore[list-item]
    fixed = Term(Decimal(100), due_on=date(2027, 1, 5))
    assert fixed.find_date(date(2027, 6, 1), date(2027, 1, 1)) == date(2027, 1, 5)


@given(amounts, amounts, st.integers(0, 100), st.integers(0, 200), amounts)
@examples(60)
def test_pay_is_rounded_once(base: Decimal, head: Decimal, percent: int, heads: int, net: Decimal) -> None:
    rate = Rate(base, head, Decimal(percent) + Decimal("0.33"))
    pay = calculate_pay(rate, heads=heads, net=net, currency="EUR")
    assert pay.amount == round_amount(base + head * heads + net * rate.percent / 100, "EUR")
    bounded = calculate_pay(
        Rate(base, head, rate.percent, Decimal(50), Decimal(60)), heads=heads, net=net, currency="EUR"
    )
    assert bounded.amount == min(max(pay.amount, Decimal(50)), Decimal(60))
    assert abs(sum(amount for _kind, _of, amount in bounded.lines) - bounded.amount) <= 3 * CENT
    assert calculate_pay(rate, heads=0, net=-net, currency="EUR").amount == base


@given(amounts, st.integers(1, 200), st.data())
@examples(60)
def test_credits_are_worth_the_price_of_the_pass(price: Decimal, credits: int, data: st.DataObject) -> None:
    used: list[int] = []
    while sum(used) < credits:
        used.append(data.draw(st.integers(1, credits - sum(used))))
    values = value_uses(price, credits, used, "EUR")
    assert sum(values) == price
    assert all(value >= 0 for value in values)
    assert sum(value_uses(price, credits, used[:-1], "EUR")) <= price


def test_what_a_pass_is_good_for() -> None:
    on = date(2027, 3, 1)
    good = PassFacts(2, on, is_paid=True)
    wanted = {"needed": 2, "type_id": 7, "on": on}
    cases = [
        (good, ""),
        (PassFacts(1, on, is_paid=True), "pass_used_up"),
        (PassFacts(2, on, is_paid=False), "pass_not_valid"),
        (PassFacts(2, on - timedelta(days=1), is_paid=True), "pass_not_valid"),
        (PassFacts(2, on, is_paid=True, is_ended=True), "pass_not_valid"),
        (PassFacts(2, on, is_paid=True, type_ids={8}), "pass_not_valid"),
        (PassFacts(2, on, is_paid=True, type_ids={7}), ""),
    ]
    assert [find_obstacle(facts, **wanted) for facts, _code in cases] == [code for _facts, code in cases]  # type: ignore[arg-type]
    named = PassFacts(2, on, is_paid=True, type_ids={7})
    answers = [find_obstacle(facts, **wanted, is_retreat=True) for facts in (good, named)]  # type: ignore[arg-type]
    assert answers == ["pass_not_valid", ""]
