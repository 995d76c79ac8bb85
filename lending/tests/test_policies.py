"""The pure rules, against tables and plain counts."""

from random import Random

import pytest

from lending.enums import Approval, Audience, QueueRule, Skip
from lending.estimating import Ahead, Holder, Line, likely, sure_by
from lending.policies import (
    HOUR,
    ROLLING,
    Grant,
    Place,
    Standing,
    Terms,
    breaks_promise,
    common_terms,
    decay,
    find_due,
    find_grant,
    find_ineligibility,
    find_recalled_due,
    held_minutes,
    order_key,
)
from tests.effort import often

FIFO, FAIR = Terms(1), Terms(1, queue_rule=QueueRule.FAIR, half_life_days=7, fair_cap_hours=24)
DAY = 86_400


def in_order(terms: Terms, *places: Place) -> list[int]:
    return [place.id for place in sorted(places, key=lambda place: order_key(place, terms))]


def test_who_came_first_unless_somebody_has_priority() -> None:
    assert in_order(FIFO, Place(1, 0, 20), Place(2, 0, 10), Place(3, 5, 30), Place(4, 0, 10)) == [3, 2, 4, 1]


def test_who_had_less_comes_first_but_nobody_waits_for_ever() -> None:
    light, heavy = Place(1, 0, 20, held=5.0), Place(2, 0, 10, held=50.0)
    assert in_order(FAIR, heavy, light) == [1, 2]
    waited = heavy._replace(waited=24 * HOUR + 1)
    assert in_order(FAIR, waited, light) == [2, 1]
    assert in_order(FAIR, waited, light._replace(waited=25 * HOUR)) == [2, 1]  # both: who came first
    assert in_order(FAIR, light, heavy._replace(priority=1)) == [2, 1]


def test_use_halves_with_time() -> None:
    assert decay(100, 0, 7) == 100
    assert decay(100, 7 * DAY, 7) == pytest.approx(50)
    assert decay(100, 14 * DAY, 7) == pytest.approx(25)
    now = 30 * DAY
    spans = [(now - 7 * DAY - 3600, now - 7 * DAY), (now - 600, now + 999)]  # an hour a week ago; still out
    assert held_minutes(spans, now, 7) == pytest.approx(30 + 10)


def test_a_fair_rule_orders_what_queues_share() -> None:
    assert common_terms([Terms(1), Terms(2, queue_rule=QueueRule.FAIR), Terms(3)]).rules_id == 2
    assert common_terms([Terms(3), Terms(2)]).rules_id == 2


@pytest.mark.parametrize(
    ("standing", "terms", "suspended", "reason"),
    [
        (Standing(), FIFO, False, None),
        (Standing(is_active=False), FIFO, False, Skip.INACTIVE),
        (Standing(), Terms(1, audience=Audience.MEMBERS), False, Skip.MEMBERS_ONLY),
        (Standing(is_member=True), Terms(1, audience=Audience.MEMBERS), False, None),
        (Standing(has_overdue=True), FIFO, False, Skip.OVERDUE),
        (Standing(has_overdue=True), Terms(1, overdue_blocks=False), False, None),
        (Standing(out=2), Terms(1, max_out=2), False, Skip.MAX_OUT),
        (Standing(out=1), Terms(1, max_out=2), False, None),
        (Standing(), FIFO, True, Skip.SUSPENDED),
        (Standing(is_active=False), FIFO, True, Skip.INACTIVE),
    ],
)
def test_who_may_not_have_it_now(
    standing: Standing, terms: Terms, suspended: bool, reason: Skip | None
) -> None:
    assert find_ineligibility(standing, terms, suspended=suspended) == reason


@pytest.mark.parametrize(
    ("until", "terms", "wanted", "grant"),
    [
        (ROLLING, FIFO, None, Grant(0, ROLLING, None)),  # as long as it takes
        (180, FIFO, None, Grant(0, 180, 180)),  # until the next booking
        (180, Terms(1, service_time=30), None, Grant(0, 180, 150)),
        (4, FIFO, None, None),  # not worth it
        (34, Terms(1, service_time=30), None, None),
        (ROLLING, Terms(1, loan_period=60), None, Grant(0, 60, 60)),
        (ROLLING, Terms(1, loan_period=60, pickup_window=30, service_time=10), None, Grant(0, 100, 90)),
        (45, Terms(1, loan_period=60), None, Grant(0, 45, 45)),
        (ROLLING, Terms(1, loan_period=60), 20, Grant(0, 20, 20)),
        (ROLLING, Terms(1, longest=90), None, Grant(0, 90, 90)),
        (3, Terms(1, loan_period=2), None, Grant(0, 2, 2)),  # shorter than what is worth it otherwise
        (1, Terms(1, loan_period=2), None, None),
    ],
)
def test_what_can_be_granted(until: int, terms: Terms, wanted: int | None, grant: Grant | None) -> None:
    assert find_grant(0, until, terms, wanted) == grant


@pytest.mark.parametrize(
    ("now", "limit", "terms", "due"),
    [
        (100, 100 + ROLLING, FIFO, None),
        (100, 500, FIFO, 500),
        (100, 10_000, Terms(1, loan_period=60), 160),
        (100, 130, Terms(1, loan_period=60, service_time=10), 120),
        (100, 10_000, Terms(1, loan_period=60, longest=120), 120),
    ],
)
def test_how_long_it_may_go_on(now: int, limit: int, terms: Terms, due: int | None) -> None:
    assert find_due(0, now, limit, terms, None) == due


def test_recalled_things_have_a_day_and_never_more_than_before() -> None:
    assert find_recalled_due(0, None) == 1440
    assert find_recalled_due(0, 5000) == 1440
    assert find_recalled_due(0, 100) == 100


def test_what_breaks_a_promise() -> None:
    assert breaks_promise(100, 200)
    assert breaks_promise(100, None)
    assert not breaks_promise(100, 100)
    assert not breaks_promise(None, 200)
    assert Terms(1).approval == Approval.INSTANT


# --- waits ---


def test_a_sure_date_needs_everybodys_due_date() -> None:
    two = Line(2, [Holder(0, 100), Holder(0, 300)])
    assert sure_by(two, 0) == 100
    assert sure_by(Line(2, two.holders, [Ahead(50)]), 0) == 150
    assert sure_by(Line(2, two.holders, [Ahead(500)]), 0) == 300
    assert sure_by(Line(2, two.holders, [Ahead(None)]), 0) is None
    assert sure_by(Line(2, [Holder(0, None), Holder(0, 10)]), 0) is None
    assert sure_by(Line(2, [Holder(0, 10), Holder(0, 300)]), 20) is None  # overdue
    assert sure_by(Line(2, two.holders, wanted=2), 0) == 300
    assert sure_by(Line(2, two.holders, wanted=3), 0) is None
    assert sure_by(Line(1, [Holder(0, 100)], [Ahead(60)], service_time=15), 0) == 100 + 15 + 60 + 15
    assert sure_by(Line(3, [Holder(0, 100)]), 7) == 7  # something is free


def test_a_sure_date_is_what_a_plain_simulation_says() -> None:
    for seed in range(often(200)):
        random = Random(seed)
        units = random.randint(1, 4)
        holders = [Holder(0, random.randint(1, 99)) for _ in range(random.randint(0, units))]
        ahead = [Ahead(random.randint(1, 50), random.randint(1, units)) for _ in range(random.randint(0, 5))]
        line = Line(units, holders, ahead, random.randint(1, units))
        assert sure_by(line, 0) == serve_minute_by_minute(line), seed


def serve_minute_by_minute(line: Line) -> int:
    """Everybody in turn, as soon as enough units are there."""
    ends = [holder.due or 0 for holder in line.holders]
    queue = [(each.units, each.period or 0) for each in line.ahead] + [(line.wanted, 1)]
    for minute in range(10_000):
        ends = [end for end in ends if end > minute]
        while line.units - len(ends) >= queue[0][0]:
            units, period = queue.pop(0)
            if not queue:
                return minute
            ends += [minute + period] * units
    raise AssertionError("never served")


def test_the_range_holds_what_it_says() -> None:
    """Over many made-up queues nine of ten waits are within it, and half of them below the middle."""
    random, within, below, total = Random(1), 0, 0, often(1500)
    for number in range(total):
        past = [max(1, round(random.expovariate(1 / 120))) for _ in range(60)]
        units, ahead = random.randint(1, 3), random.randint(0, 3)
        elapsed = [random.randint(0, 60) for _ in range(units)]
        line = Line(units, [Holder(-each, None) for each in elapsed], [Ahead(None)] * ahead)
        found = likely(line, past, 0, seed=str(number))
        assert found is not None
        ends = [round(random.expovariate(1 / 120)) + 1 for _ in range(units)]  # it has no memory
        drawn = [Ahead(round(random.expovariate(1 / 120)) + 1) for _ in range(ahead)]
        wait = sure_by(Line(units, [Holder(0, end) for end in ends], drawn), 0) or 0
        within += wait <= found.most
        below += wait <= found.median
    assert 0.86 <= within / total <= 0.94
    assert 0.45 <= below / total <= 0.57


def test_an_estimate_does_not_flicker_and_needs_something_to_go_by() -> None:
    line = Line(1, [Holder(0, None)], [Ahead(None)])
    past = [10, 20, 40, 80, 160]
    assert likely(line, past, 5, seed="7:12") == likely(line, past, 5, seed="7:12")
    assert likely(line, past[:4], 5, seed="7:12") is None
    assert likely(Line(1, wanted=2), past, 5, seed="7:12") is None
    late = likely(Line(1, [Holder(0, None)]), past, 500, seed="1")  # out longer than ever before
    assert late is not None
    assert late.median > 0
