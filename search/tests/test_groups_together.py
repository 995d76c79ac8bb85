"""Any one of a group together with others: never the same twice, and what a quote offers can be booked."""

import random
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from common.errors import DomainError
from reservations.domain.values import Actor, ItemRequest
from reservations.models import Reservation
from reservations.tests.api_helpers import booked, local, post, wanted
from resources.models import Resource, ResourceGroup, Venue
from search.quotes import quote_booking
from tests.factories import (
    at,
    book,
    make_group,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    make_whole,
    open_always,
)

pytestmark = pytest.mark.django_db
DOORS = ("/api/quotes", "/api/holds", "/api/reservations", "/api/series/preview", "/api/series")


@pytest.fixture
def venue() -> Venue:
    venue = make_venue()
    open_always(venue)
    return venue


@pytest.fixture
def rooms(venue: Venue) -> list[Resource]:
    rules = make_rules(venue)
    return [make_resource(venue, rules=rules, name=name) for name in ("A", "B", "C", "D")]


def any_of(group: ResourceGroup) -> dict[str, str]:
    return {"group_id": str(group.uuid)}


def named(room: Resource) -> dict[str, str]:
    return {"resource_id": str(room.uuid)}


def test_a_group_and_a_resource_go_through_every_door(client: Client, rooms: list[Resource]) -> None:
    first, second, third, _fourth = rooms
    lines = [any_of(make_group([first, second, third])), named(first)]
    client.force_login(make_user())
    for number, door in enumerate(DOORS):
        body = wanted(first, resource_id=None, resources=lines, date=f"{local(7 + number):%Y-%m-%d}")
        if "reservations" not in door:
            del body["customer_info"]
        if "series" in door:
            body |= {"rule": "FREQ=DAILY;COUNT=1"}
        answer = post(client, door, body)
        assert answer.status_code in (200, 201), (door, answer.content)
        shown = answer.json()
        if door == "/api/quotes":
            assert shown["available"] is True
            continue
        shown = (shown.get("occurrences") or shown.get("reservations") or [shown])[0]
        assert [row["name"] for row in shown["resources"]] == ["B", "A"], door
    assert Reservation.objects.count() == 3


def test_lines_are_refused_that_name_both_nothing_or_another_venue(
    client: Client, rooms: list[Resource]
) -> None:
    group, elsewhere = make_group(rooms[:2]), make_resource()
    for lines, field in (
        ([any_of(group) | named(rooms[0])], "resources.0.resource_id"),
        ([named(rooms[0]), {"quantity": 1}], "resources.1.resource_id"),
        ([any_of(group), named(elsewhere)], "resources"),
    ):
        answer = post(client, "/api/reservations", wanted(rooms[0], resource_id=None, resources=lines))
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field]), lines
    group.members.clear()
    lines = [named(rooms[2]), any_of(group)]
    answer = post(client, "/api/reservations", wanted(rooms[0], resource_id=None, resources=lines))
    assert answer.status_code == 404


def test_a_choice_shares_nothing_with_what_is_named(client: Client, rooms: list[Resource]) -> None:
    first, second, third, fourth = rooms
    hall = make_whole([first, second], name="Hall")
    group = make_group([first, hall, third])
    lines = [any_of(group), named(second)]

    found = booked(client, first, resource_id=None, resources=lines)
    beside = booked(client, first, resource_id=None, resources=[any_of(group), named(fourth)], time="12:00")
    refused = post(
        client, "/api/reservations", wanted(first, resource_id=None, resources=[named(hall), any_of(group)])
    )

    assert [row["name"] for row in found["resources"]] == ["A", "B"]
    assert [row["name"] for row in beside["resources"]] == ["A", "D"]
    assert (refused.status_code, refused.json()["code"]) == (409, "part_taken")
    later = wanted(first, resource_id=None, resources=[named(hall), any_of(group)], time="15:00")
    assert [row["name"] for row in post(client, "/api/reservations", later).json()["resources"]] == [
        "Hall",
        "C",
    ]


def test_what_is_named_twice_by_a_whole_and_its_part_is_neither_offered_nor_booked(
    client: Client, rooms: list[Resource]
) -> None:
    hall = make_whole(rooms[:2], name="Hall")
    lines = [named(hall), named(rooms[0])]
    quote = post(client, "/api/quotes", wanted(hall, resource_id=None, resources=lines, customer_info=None))
    refused = post(client, "/api/reservations", wanted(hall, resource_id=None, resources=lines))
    assert (quote.json()["reason"], refused.json()["code"]) == ("part_taken", "part_taken")


def test_the_last_ones_are_found_for_all_and_a_wish_too_many_costs_no_time(venue: Venue) -> None:
    rules = make_rules(venue)
    many = [make_resource(venue, rules=rules, name=f"R{number:02}") for number in range(11)]
    everything, few = make_group(many), make_group(many[:2])
    asked = [ItemRequest(group_id=everything.pk)] * 9 + [ItemRequest(group_id=few.pk)] * 2
    with pytest.raises(DomainError):
        book(many[0], items=[*asked, ItemRequest(group_id=everything.pk)])
    made = book(many[0], items=asked)
    assert len(set(made.items.values_list("resource_id"))) == 11
    assert list(made.items.order_by("id").values_list("resource__name", flat=True))[:2] == ["R02", "R03"]


def test_quotes_and_bookings_agree_with_trying_everything(venue: Venue, rooms: list[Resource]) -> None:
    """A model of its own: sets of leaves, tried in every way."""
    chance = random.Random(11)
    leaves = {room.pk: {room.pk} for room in rooms}
    halls = []
    for parts in (rooms[:2], rooms[1:3]):
        halls.append(make_whole(parts))
        leaves[halls[-1].pk] = {part.pk for part in parts}
    groups = [make_group(chance.sample([*rooms, *halls], 3)) for _number in range(4)]
    outcomes = []
    for day in range(40):
        span: dict[str, Any] = {"start": at(7 + day), "end": at(7 + day, 11), "party_size": 1}
        busy = {room.pk for room in chance.sample(rooms, chance.randrange(3))}
        for pk in busy:
            book(rooms[0], span["start"], items=[ItemRequest(pk)])
        picked = chance.choices(groups, k=chance.randrange(1, 4))
        items = [ItemRequest(group_id=group.pk) for group in picked]
        items += [ItemRequest(room.pk) for room in chance.sample(rooms, chance.randrange(2))]
        expected = list_possible(items, {group.pk: group for group in groups}, leaves, busy)
        outcomes.append(bool(expected))
        quote = quote_booking(venue_id=venue.pk, items=items, actor=Actor(), **span)
        assert (not quote.code) == bool(expected), (items, busy)
        if not expected:
            with pytest.raises(DomainError), transaction.atomic():
                book(rooms[0], span["start"], items=items)
            continue
        made = book(rooms[0], span["start"], items=items)
        assert tuple(made.items.order_by("id").values_list("resource_id", flat=True)) == expected[0]
    assert 8 < sum(outcomes) < 36


def list_possible(
    items: list[ItemRequest], groups: dict[int, ResourceGroup], leaves: dict[int, set[int]], busy: set[int]
) -> list[tuple[int, ...]]:
    """In order of preference."""
    options = [
        [link.resource_id for link in groups[item.group_id].member_links.order_by("position", "id")]
        if item.group_id
        else [item.resource_id or 0]
        for item in items
    ]
    free = [[pk for pk in each if not leaves[pk] & busy] for each in options]
    return [
        picked
        for picked in product(*free)
        if sum(len(leaves[pk]) for pk in picked) == len(set().union(*(leaves[pk] for pk in picked)))
    ]
