"""The configuration cache: cheap while nothing changes, fresh when anything does."""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from resources.catalog import bookable, catalog
from resources.models import (
    AvailabilityOverride,
    CancellationTier,
    Feature,
    Holiday,
    OpeningHours,
    PriceRule,
    Resource,
    ResourceGroupMember,
    ResourcePart,
)
from tests.factories import make_group, make_policy, make_resource, make_rules, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    venue = make_venue()
    policy = make_policy(venue, (24, "100", "0"))
    return make_resource(venue, cancellation_policy=policy, observes_holidays=True)


def test_nothing_changed_costs_one_query(
    room: Resource, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = catalog(room.venue_id)
    with django_assert_num_queries(1):
        assert catalog(room.venue_id) is first


def add_hours(room: Resource) -> None:
    OpeningHours.objects.create(venue=room.venue, weekday=0, start_time=time(8), end_time=time(9))


def add_override(room: Resource) -> None:
    AvailabilityOverride.objects.create(
        venue=room.venue, starts_on=date(2027, 1, 1), ends_on=date(2027, 1, 1)
    )


def add_holiday(room: Resource) -> None:
    Holiday.objects.create(country=room.venue.country, date=date(2027, 1, 1), name="New Year")


def change_rules(room: Resource) -> None:
    room.rules.buffer_after = 15
    room.rules.save()


def change_tier(room: Resource) -> None:
    tier = CancellationTier.objects.get(policy=room.cancellation_policy)
    tier.refund_percentage = Decimal(50)
    tier.save()


def delete_tier(room: Resource) -> None:
    CancellationTier.objects.get(policy=room.cancellation_policy).delete()


def add_price(room: Resource) -> None:
    PriceRule.objects.create(venue=room.venue, name="Peak", basis="hour", amount=30)


def add_price_for_room(room: Resource) -> None:
    other = make_resource(room.venue)
    price = PriceRule.objects.create(venue=room.venue, name="Peak", basis="hour", amount=30)
    price.resources.add(other)
    bookable(room)
    price.resources.set([room])


def lower_units(room: Resource) -> None:
    room.units = 0
    room.save()


def add_part(room: Resource) -> None:
    part = make_resource(room.venue, rules=make_rules(room.venue))
    ResourcePart.objects.create(whole=room, part=part)


def add_feature(room: Resource) -> None:
    room.features.add(Feature.objects.create(venue=room.venue, name="Sauna", slug="sauna"))


def close_venue(room: Resource) -> None:
    room.venue.is_active = False
    room.venue.save()


@pytest.mark.parametrize(
    "change",
    [
        add_hours,
        add_override,
        add_holiday,
        change_rules,
        change_tier,
        delete_tier,
        add_price,
        add_price_for_room,
        lower_units,
        add_part,
        add_feature,
        close_venue,
    ],
)
def test_every_change_is_seen_at_once(room: Resource, change: Callable[[Resource], None]) -> None:
    before = facts(room)
    change(room)
    assert facts(room) != before


def facts(room: Resource) -> list[object]:
    found = bookable(room)
    return [getattr(found, name) for name in found.__slots__]


def test_groups_follow_their_members(room: Resource) -> None:
    group = make_group([room])
    other = make_resource(room.venue)
    assert catalog(room.venue_id).groups[group.pk].member_ids == (room.pk,)

    ResourceGroupMember.objects.create(group=group, resource=other, position=9)

    assert catalog(room.venue_id).groups[group.pk].member_ids == (room.pk, other.pk)
