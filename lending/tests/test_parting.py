"""Some units, or parts of a kit, come back before the rest."""

from datetime import timedelta
from typing import Any

import pytest

from common.errors import DomainError
from common.models import SweepFailure
from lending import services
from lending.desk import list_parts_out
from lending.enums import Kind, Status
from lending.models import LendingRules, Loan
from lending.offering import read_stock
from lending.tests.helpers import (
    NOBODY,
    STAFF,
    ask,
    fresh,
    in_minutes,
    lend_out,
    make_thing,
    rules_of,
    status,
)
from reservations.enums import Purpose
from reservations.models import Allocation, Reservation
from resources.catalog import catalog
from resources.models import Resource, ResourcePart
from tests.factories import make_resource, make_whole

pytestmark = pytest.mark.django_db


def make_kit(**fields: Any) -> tuple[Resource, list[Resource]]:
    venue = make_thing(**fields).venue
    rules = LendingRules.objects.get(venue=venue)
    parts = [make_resource(venue, name=name) for name in ("Camera", "Lens", "Tripod")]
    kit = make_whole(parts, name="Camera kit")
    lend_out(kit, rules)
    return kit, parts


def bring(loan: Loan, **fields: Any) -> Loan:
    return services.return_some(loan_id=loan.uuid, actor=NOBODY, now=in_minutes(10), **fields)


def taken(resource: Resource, minutes: int) -> int:
    at = int(in_minutes(minutes).timestamp()) // 60
    rows = Allocation.objects.filter(resource=resource, b0__lte=at, b1__gt=at)
    return sum(rows.values_list("units", flat=True))


def test_units_that_come_back_go_to_the_next() -> None:
    chairs = make_thing(units=5, loan_period=600)
    loan, waiting = ask(chairs, units=5), ask(chairs, units=2)
    assert status(waiting) == [Status.REQUESTED]

    bring(loan, units=3)

    assert status(loan, waiting) == [Status.OUT, Status.OUT]
    rest = fresh(loan)
    assert (rest.units, taken(chairs, 20)) == (2, 4)
    assert rest.due_at == loan.due_at
    assert rest.events.get(kind=Kind.PARTED).changes == {"units": [5, 2]}
    assert bring(rest, units=2).status == Status.RETURNED
    assert taken(chairs, 20) == 2


def test_parts_of_a_kit_come_back_one_by_one() -> None:
    kit, (camera, lens, tripod) = make_kit(loan_period=600)
    lend_out(tripod, rules_of(kit))
    loan, for_tripod, for_kit = ask(kit), ask(tripod), ask(kit)
    assert status(for_tripod, for_kit) == [Status.REQUESTED] * 2

    bring(loan, part_ids=[tripod.pk])

    assert status(loan, for_tripod, for_kit) == [Status.OUT, Status.OUT, Status.REQUESTED]
    assert fresh(loan).parts == [camera.pk, lens.pk]
    assert [taken(part, 20) for part in (camera, lens, tripod)] == [1, 1, 1]
    services.return_loan(loan_id=for_tripod.uuid, actor=NOBODY, now=in_minutes(30))
    assert [taken(part, 40) for part in (camera, lens, tripod)] == [1, 1, 0]
    assert bring(fresh(loan), part_ids=[camera.pk, lens.pk]).status == Status.RETURNED
    assert status(for_kit) == [Status.REQUESTED]  # at minute 10 the tripod was still with somebody


def test_what_is_back_is_made_ready_first() -> None:
    chairs = make_thing(units=3, loan_period=600, service_time=60)
    loan = ask(chairs, units=3)

    bring(loan, units=1)

    assert [taken(chairs, minutes) for minutes in (20, 80)] == [3, 2]
    assert Reservation.objects.get(purpose=Purpose.BLOCK).ends_at == in_minutes(70)


def test_the_rest_is_renewed_and_watched_like_all_of_it() -> None:
    kit, (camera, lens, tripod) = make_kit(loan_period=600)
    loan = bring(ask(kit), part_ids=[tripod.pk, lens.pk])

    renewed = services.renew_loan(loan_id=loan.uuid, actor=NOBODY, now=in_minutes(20))
    assert renewed.due_at == in_minutes(620)
    late = in_minutes(700)
    assert services.watch_overdue(now=late) == 1
    assert fresh(loan).reservation is not None
    assert [taken(part, 800) for part in (camera, lens, tripod)] == [1, 0, 0]
    with pytest.raises(DomainError):
        services.swap_loan(loan_id=loan.uuid, actor=NOBODY, resource_id=make_thing(kit.venue).pk)


def test_nothing_is_split_once_somebody_else_has_the_time() -> None:
    chairs = make_thing(units=2, loan_period=60)
    loan = ask(chairs, units=2)
    after = loan.due_at
    assert after is not None
    ask(chairs, units=2, wanted_from=in_minutes(60, after), wanted_until=in_minutes(120, after))
    services.watch_overdue(now=after + timedelta(minutes=1))

    at = in_minutes(70, after)
    back = services.return_some(loan_id=loan.uuid, actor=NOBODY, units=1, now=at)

    assert (back.status, back.units) == (Status.OUT, 1)
    assert services.return_loan(loan_id=loan.uuid, actor=NOBODY, now=at).status == Status.RETURNED


def test_what_came_back_late_leaves_the_rest_out() -> None:
    """Beside the next booking nothing is left to be split; once that is gone, the rest is booked on."""
    chairs = make_thing(units=3)
    following = ask(chairs, units=3, wanted_from=in_minutes(60), wanted_until=in_minutes(120))
    late = ask(chairs, units=3)
    services.return_some(loan_id=late.uuid, actor=NOBODY, units=1, now=in_minutes(65))
    services.cancel_loan(loan_id=following.uuid, actor=NOBODY, now=in_minutes(66))
    catalogs = {chairs.venue_id: catalog(chairs.venue_id)}
    offers = read_stock(catalogs, [catalogs[chairs.venue_id].bookables[chairs.pk]], in_minutes(66)).offers
    assert offers[chairs.pk].free == 1

    assert services.watch_overdue(now=in_minutes(67)) == 1
    assert not SweepFailure.objects.exists()
    assert (fresh(late).units, taken(chairs, 62), taken(chairs, 70)) == (2, 2, 2)

    assert ask(chairs, units=3, now=in_minutes(70)).status == Status.REQUESTED
    assert ask(chairs, now=in_minutes(71)).status == Status.OUT
    renewed = services.renew_loan(loan_id=late.uuid, actor=NOBODY, override=True, now=in_minutes(72))
    assert renewed.due_at is None
    assert services.return_loan(loan_id=late.uuid, actor=NOBODY, now=in_minutes(80)).status == Status.RETURNED
    assert taken(chairs, 90) == 1


def test_parts_that_came_back_late_are_there() -> None:
    kit, (camera, lens, tripod) = make_kit()
    lend_out(tripod, rules_of(kit))
    following = ask(kit, wanted_from=in_minutes(60), wanted_until=in_minutes(120))
    late = ask(kit)
    services.return_some(loan_id=late.uuid, actor=NOBODY, part_ids=[tripod.pk], now=in_minutes(65))
    services.cancel_loan(loan_id=following.uuid, actor=NOBODY, now=in_minutes(66))
    venue_catalog = catalog(kit.venue_id)
    things = [venue_catalog.bookables[pk] for pk in (kit.pk, tripod.pk)]
    offers = read_stock({kit.venue_id: venue_catalog}, things, in_minutes(66)).offers
    assert [offers[pk].is_free for pk in (kit.pk, tripod.pk)] == [False, True]

    assert ask(tripod, now=in_minutes(66)).status == Status.OUT
    assert services.watch_overdue(now=in_minutes(67)) == 1
    assert [taken(part, 100) for part in (camera, lens, tripod)] == [1, 1, 1]
    assert services.return_loan(loan_id=late.uuid, actor=NOBODY, now=in_minutes(70)).status == Status.RETURNED
    assert [taken(part, 100) for part in (camera, lens, tripod)] == [0, 0, 1]


@pytest.mark.parametrize(
    "fields", [{}, {"units": 3}, {"units": -1}, {"units": 1, "part_ids": [1]}, {"part_ids": [10**9]}]
)
def test_wrong_numbers_and_parts_change_nothing(fields: dict[str, Any]) -> None:
    loan = ask(make_thing(units=2), units=2)
    with pytest.raises(DomainError) as refusal:
        bring(loan, **fields)
    assert refusal.value.code == "invalid"
    assert fresh(loan).version == loan.version
    assert fresh(loan).reservation_id == loan.reservation_id


def test_where_staff_confirm_returns_others_cannot() -> None:
    loan = ask(make_thing(units=2, return_by="staff"), units=2)
    with pytest.raises(DomainError) as refusal:
        bring(loan, units=1)
    assert refusal.value.code == "staff_confirm_returns"
    assert bring(loan, units=1, by_staff=True).units == 1


@pytest.mark.parametrize("how", ["removed", "added"])
def test_a_kit_that_is_recomposed_is_out_as_it_went_out(how: str) -> None:
    kit, parts = make_kit(loan_period=60)
    late = ask(kit)
    part = parts[0]
    if how == "removed":
        ResourcePart.objects.filter(whole=kit, part=part).delete()
    else:
        part = make_resource(kit.venue, name="Battery")
        ResourcePart.objects.create(whole=kit, part=part)
    lend_out(part, rules_of(kit))
    waiting = ask(part)
    for minutes in (61, 100, 800):
        services.watch_overdue(now=in_minutes(minutes))
        services.serve_queues(now=in_minutes(minutes))
    is_with_borrower = how == "removed"
    assert status(late, waiting) == [Status.OUT, Status.REQUESTED if is_with_borrower else Status.OUT]
    assert {"Camera", "Lens", "Tripod"} == {each.name for each in list_parts_out(fresh(late))}
    assert not fresh(late).is_parted
    assert not SweepFailure.objects.exists()

    services.return_loan(loan_id=late.uuid, actor=STAFF, now=in_minutes(801))
    assert status(late, waiting) == [Status.RETURNED, Status.OUT]
