"""The page's search, the API's search, first times, slots and booking itself say the same."""

import random
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils.dateparse import parse_datetime

from common.errors import DomainError
from reservations.domain.values import Actor, ItemRequest
from reservations.services import book_reservation, hold_reservation
from resources.models import Resource, ResourceGroup, Venue
from scheduling.zones import day_span, from_minute
from tests.factories import GUEST, make_group, make_resource, make_rules, make_venue, make_whole, open_weekly

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("early_2027")]
# Days on which the clocks of the first zone change; the other one's do not.
DAYS = [
    (date(2027, 3, 28), "Europe/Berlin", "Asia/Kathmandu"),
    (date(2027, 10, 31), "Europe/Berlin", "America/New_York"),
    (date(2027, 4, 4), "Australia/Lord_Howe", "Europe/Berlin"),
    (date(2027, 3, 14), "America/New_York", "Pacific/Kiritimati"),
]
WORLDS = 2 if connection.vendor == "postgresql" else len(DAYS)  # the rows are the same, only read otherwise
LENGTHS = [30, 60, 90]


class World:
    """Two venues in different time zones with random hours, rules, bookings and a group each."""

    def __init__(self, seed: int, day: date, *zones: str) -> None:
        self.chance, self.day = random.Random(seed), day
        self.resources: list[Resource] = []
        self.groups: list[ResourceGroup] = []
        for zone in zones:
            self.build_venue(make_venue(time_zone=zone))
        self.duration = self.chance.choice(LENGTHS)
        self.party_size = self.chance.choice([1, 2])

    def build_venue(self, venue: Venue) -> None:
        pick = self.chance.choice
        for _ in range(2):
            open_weekly(
                venue, time(self.chance.randrange(24), pick([0, 15])), time(self.chance.randrange(24))
            )
        rooms = [self.build_resource(venue) for _ in range(3)]
        self.groups.append(make_group(rooms[:2]))
        self.resources += [*rooms, make_whole(rooms[1:])]
        for _ in range(12):
            self.occupy(pick(rooms), day_span(self.day, venue.zone_name)[0])

    def build_resource(self, venue: Venue) -> Resource:
        pick = self.chance.choice
        rules = make_rules(
            venue,
            slot_step=pick([15, 20, 30]),
            min_duration=30,
            max_duration=pick([60, 240]),
            buffer_after=pick([0, 15]),
            max_advance_days=None,
            hold_minutes=10,
        )
        return make_resource(
            venue, rules=rules, units=pick([1, 1, 3]), capacity=pick([1, 8, 8]), hourly_rate=pick([10, 25])
        )

    def occupy(self, resource: Resource, midnight: int) -> None:
        start = from_minute(midnight + 5 * self.chance.randrange(-100, 400))
        act: Any = self.chance.choice([book_reservation, hold_reservation])
        self.try_to_book(act, resource, start, self.chance.choice(LENGTHS), 1, keep=True)

    def try_to_book(
        self,
        act: Any,
        row: Resource | ResourceGroup,
        start: datetime,
        minutes: int,
        people: int,
        *,
        keep: bool,
    ) -> bool:
        is_group = isinstance(row, ResourceGroup)
        try:
            with transaction.atomic():
                act(
                    venue_id=row.venue_id,
                    items=[ItemRequest(group_id=row.pk) if is_group else ItemRequest(row.pk)],
                    start=start,
                    end=start + timedelta(minutes=minutes),
                    party_size=people,
                    customer=GUEST,
                    actor=Actor(),
                )
                transaction.set_rollback(not keep)
        except DomainError:
            return False
        return True

    def accepts(self, row: Resource | ResourceGroup, start: datetime) -> bool:
        return self.try_to_book(book_reservation, row, start, self.duration, self.party_size, keep=False)

    def ask(self, client: Client, path: str, **params: Any) -> Any:
        asked = {"duration": self.duration, "party_size": self.party_size, **params}
        response = client.get(path, asked)
        assert response.status_code == 200, response.content
        return response

    def ask_page(self, client: Client, **params: Any) -> dict[Any, Any]:
        """The page's matches by row: those that are shown, and those that are not meant for this."""
        results = self.ask(client, "/", **params).context["results"]
        return {match.row: match for match in [*results.page, *results.unfit]}

    def ask_slots(self, client: Client, resource: Resource, on: date) -> dict[datetime, dict[str, Any]]:
        slots = self.ask(client, "/api/timeslots", resource_id=resource.uuid, date=on).json()["slots"]
        return {instant(slot["start"]): slot for slot in slots}


def instant(text: str) -> datetime:
    at = parse_datetime(text)
    assert at
    return at


def shown(starts: Iterable[int], zone: str) -> list[str]:
    """As text: Python finds hours that the clocks show twice unequal in two notations of one zone."""
    return [from_minute(start, zone).isoformat() for start in starts]


def by_id(answers: list[dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    return {answer[name]["id"]: answer for answer in answers}


@pytest.fixture(params=range(WORLDS))
def world(request: pytest.FixtureRequest) -> World:
    day, *zones = DAYS[request.param]
    return World(request.param, day, *zones)


def test_all_answers_agree_with_each_other_and_with_booking(client: Client, world: World) -> None:
    day = world.day.isoformat()
    page = world.ask_page(client, date=day)
    search = world.ask(client, "/api/search", date=day, include_groups="true", page_size=200).json()
    first = world.ask(client, "/api/first-available", **{"from": day}, include_groups="true").json()
    rows: list[Resource | ResourceGroup] = [*world.resources, *world.groups]
    found = by_id(search["results"], "resource") | by_id(search["groups"], "group")
    earliest = by_id(first["results"], "resource") | by_id(first["groups"], "group")
    offered = {}

    for resource in world.resources:
        slots = world.ask_slots(client, resource, world.day)
        offered[resource.pk] = {at for at, slot in slots.items() if slot["available"]}
        answer = found[str(resource.uuid)]
        assert {instant(at) for at in answer["starts"]} == offered[resource.pk]
        if offered[resource.pk]:
            assert answer["price"] == slots[min(offered[resource.pk])]["price"]
        for at in world.chance.sample(sorted(slots), min(len(slots), 4)):
            assert world.accepts(resource, at) is slots[at]["available"], (resource, at)
    for group in world.groups:
        starts = {instant(at) for at in found[str(group.uuid)]["starts"]}
        assert starts == set().union(*(offered[member.pk] for member in group.members.all()))
        for at in world.chance.sample(sorted(starts), min(len(starts), 3)):
            assert world.accepts(group, at)
    for row in rows:
        answer = found[str(row.uuid)]
        if row in page:  # groups that are not meant for this are not shown at all
            match = page[row]
            assert shown(sorted(match.starts), match.zone) == answer["starts"]
            assert shown(filter(None, [match.next_start]), match.zone) in ([], [answer["next_free"]])
        assert earliest.get(str(row.uuid), {}).get("start") == answer["next_free"]
    assert [each["start"] for each in first["results"]] == sorted(
        (each["start"] for each in first["results"]), key=instant
    )


def test_a_window_leaves_what_lies_within_its_days_and_hours(client: Client, world: World) -> None:
    asked = {"date": world.day.isoformat(), "days": "7", "earliest": "01:30", "latest": "15:00"}
    page = world.ask_page(client, **asked)
    search = world.ask(client, "/api/search", **asked, include_groups="true", page_size=200).json()
    found = by_id(search["results"], "resource")

    for resource in world.resources:
        slots = [
            slot["start"]
            for number in range(7)
            for slot in world.ask_slots(client, resource, world.day + timedelta(days=number)).values()
            if slot["available"]
        ]
        expected = [at for at in slots if time(1, 30) <= instant(at).time() <= time(15)]
        match = page[resource]
        assert found[str(resource.uuid)]["starts"] == shown(match.starts, match.zone) == expected


def test_the_worlds_offer_something_and_refuse_something(client: Client) -> None:
    """The agreement above is not one of empty answers."""
    available = [
        slot["available"]
        for number, (day, *zones) in enumerate(DAYS[:2])
        for world in [World(number, day, *zones)]
        for resource in world.resources
        for slot in world.ask_slots(client, resource, day).values()
    ]

    assert available.count(True) > 20
    assert available.count(False) > 20
