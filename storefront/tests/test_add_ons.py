"""What can be added to a held time."""

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from reservations.domain.writing import booked_lines
from resources.models import Resource
from storefront.booking.add_ons import list_add_ons
from tests.factories import (
    at,
    book,
    hold,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    make_whole,
    open_always,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def rooms() -> list[Resource]:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue)
    return [make_resource(venue, rules=rules, hourly_rate=Decimal(rate)) for rate in (10, 20, 40)]


def test_companions_are_what_is_free_for_exactly_this_time(
    rooms: list[Resource], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    hall = make_whole(rooms[:2], hourly_rate=Decimal(5))
    book(rooms[2], at(7, 10, 30), minutes=30)
    gone = make_resource(rooms[0].venue, rules=rooms[0].rules, is_active=False)
    drinks = make_resource(rooms[0].venue, rules=rooms[0].rules, kind="equipment", units=4)
    held = hold(rooms[0])

    def shown() -> list[Resource]:
        with django_assert_max_num_queries(4):
            return [each.resource for each in list_add_ons(held, lines, user)]

    user, lines = make_user(), booked_lines(held)
    assert shown() == [drinks, rooms[1]]
    assert {hall, gone} & set(shown()) == set()
    found = list_add_ons(held, lines, user)
    assert [(each.price, each.most) for each in found] == [(Decimal(25), 4), (Decimal(20), 1)]
    for _number in range(3):
        make_resource(rooms[0].venue, rules=rooms[0].rules)
    held.venue.refresh_from_db()  # as each request does
    list_add_ons(held, lines, user)  # reads the configuration anew
    assert len(shown()) == 5
