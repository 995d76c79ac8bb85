"""Prices: exact, and equal to a price counted minute by minute."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import round_amount
from resources.bookables import Bookable, CustomerRules, Leaf, PriceRuleValues
from resources.enums import Approval, Audience, Period, PriceBasis, UnitsBy
from resources.pricing import quote_price
from scheduling.hours import OpeningPlan
from scheduling.slots import SlotRules
from tests.effort import examples

RULES = CustomerRules(
    1, Audience.EVERYONE, Approval.INSTANT, None, None, 1, 100, None, None, Period.DAY, 10, 60, 30
)
ROOM = Bookable(
    id=1,
    uuid="",
    slug="room",
    name="Room",
    kind="room",
    venue_id=1,
    zone=ZoneInfo("Europe/Berlin"),
    currency="EUR",
    capacity=100,
    units_by=UnitsBy.BOOKING,
    is_active=True,
    hourly_rate=Decimal("20"),
    slot_rules=SlotRules(30, 30, 10_000),
    customer_rules=RULES,
    plan=OpeningPlan("Europe/Berlin", (), ()),
    leaves=(Leaf(1, 1),),
    is_whole=False,
)
EVERY_DAY = frozenset(range(7))


def minute(text: str) -> int:
    """UTC minute of a Berlin wall-clock time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ROOM.zone).timestamp()) // 60


def rule(
    basis: PriceBasis, amount: str, start: int = 0, end: int = 1440, **fields: object
) -> PriceRuleValues:
    made = PriceRuleValues("Rule", basis, Decimal(amount), EVERY_DAY, start, end)
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prices", "start", "end", "party", "units", "total"),
    [
        ((), "2027-01-11T10:00", "2027-01-11T11:30", 1, 1, "30.00"),
        ((), "2027-01-11T10:00", "2027-01-11T11:30", 1, 3, "90.00"),
        ((rule(PriceBasis.HOUR, "30", 1080, 1320),), "2027-01-11T17:00", "2027-01-11T19:00", 1, 1, "50.00"),
        ((rule(PriceBasis.HOUR, "60", 1320, 1560),), "2027-01-11T23:30", "2027-01-12T03:00", 1, 1, "170.00"),
        ((rule(PriceBasis.BOOKING, "7.5"),), "2027-01-11T10:00", "2027-01-11T11:00", 4, 1, "27.50"),
        ((rule(PriceBasis.PERSON, "3"),), "2027-01-11T10:00", "2027-01-11T11:00", 4, 1, "32.00"),
        ((rule(PriceBasis.BOOKING, "9", 1320, 1560),), "2027-01-11T10:00", "2027-01-11T11:00", 1, 1, "20.00"),
        ((rule(PriceBasis.HOUR, "0"),), "2027-01-11T10:00", "2027-01-11T11:00", 1, 1, "0.00"),
        (
            (rule(PriceBasis.HOUR, "30"), rule(PriceBasis.HOUR, "40", priority=1)),
            "2027-01-11T10:00",
            "2027-01-11T11:00",
            1,
            1,
            "40.00",
        ),
        (
            (rule(PriceBasis.HOUR, "30", weekdays=frozenset({5, 6})),),
            "2027-01-15T22:00",
            "2027-01-16T02:00",
            1,
            1,
            "100.00",
        ),
        (
            (rule(PriceBasis.HOUR, "30", valid_from=date(2027, 2, 1)),),
            "2027-01-31T23:00",
            "2027-02-01T01:00",
            1,
            1,
            "50.00",
        ),
    ],
)
def test_prices(
    prices: tuple[PriceRuleValues, ...], start: str, end: str, party: int, units: int, total: str
) -> None:
    found = quote_price(
        replace(ROOM, prices=prices), start=minute(start), end=minute(end), party_size=party, units=units
    )

    assert str(found.total) == total
    assert sum((line.amount for line in found.lines), Decimal(0)) == found.total


def test_elapsed_hours_are_charged_when_the_clocks_change() -> None:
    spring = quote_price(
        ROOM, start=minute("2027-03-28T01:00"), end=minute("2027-03-28T04:00"), party_size=1, units=1
    )
    autumn = quote_price(
        ROOM, start=minute("2027-10-31T01:00"), end=minute("2027-10-31T04:00"), party_size=1, units=1
    )
    assert (str(spring.total), str(autumn.total)) == ("40.00", "80.00")


@pytest.mark.parametrize(
    ("amount", "currency", "result"),
    [
        ("0.005", "EUR", "0.01"),
        ("0.0049", "EUR", "0.00"),
        ("100.5", "JPY", "101"),
        ("1.0005", "KWD", "1.001"),
        ("-0.005", "EUR", "0.00"),
        ("-0.0051", "EUR", "-0.01"),
    ],
)
def test_half_a_coin_is_rounded_up(amount: str, currency: str, result: str) -> None:
    assert str(round_amount(Decimal(amount), currency)) == result
    assert str(round_amount(Fraction(amount), currency)) == result


STARTS = st.sampled_from(["2027-03-28T00:00", "2027-10-31T00:00", "2027-01-10T20:00"])
HOUR_RULES = st.lists(
    st.builds(
        lambda amount, start, length, days, priority: rule(
            PriceBasis.HOUR, str(amount), start, start + length, weekdays=frozenset(days), priority=priority
        ),
        st.integers(0, 90),
        st.integers(0, 1439),
        st.integers(1, 1440),
        st.sets(st.integers(0, 6), min_size=1),
        st.integers(0, 2),
    ),
    max_size=4,
)


@examples(60)
@given(prices=HOUR_RULES, begin=STARTS, offset=st.integers(0, 300), length=st.integers(1, 600))
def test_the_price_is_that_of_its_minutes(
    prices: list[PriceRuleValues], begin: str, offset: int, length: int
) -> None:
    start = minute(begin) + offset
    found = quote_price(
        replace(ROOM, prices=tuple(prices)), start=start, end=start + length, party_size=1, units=1
    )

    exact = sum((rate_at(prices, at) for at in range(start, start + length)), Fraction(0)) / 60
    assert found.total == round_amount(exact, "EUR")


def rate_at(prices: list[PriceRuleValues], at: int) -> Fraction:
    """The rate of one minute by looking at the wall clock: slow and obvious."""
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=at)).astimezone(ROOM.zone)
    time = local.hour * 60 + local.minute
    covering = []
    for each in prices:
        today = each.start <= time < each.end and local.weekday() in each.weekdays
        before = each.start <= time + 1440 < each.end and (local.weekday() - 1) % 7 in each.weekdays
        if today or before:
            covering.append(each)
    highest = max(covering, key=lambda each: each.priority, default=None)
    return Fraction(highest.amount if highest else ROOM.hourly_rate)
