"""Waiting on a page for whichever member of a group comes free."""

from datetime import time
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from reservations.domain.values import Actor
from reservations.models import Reservation
from reservations.services import cancel_reservation
from reservations.tests.api_helpers import local
from resources.models import Resource, ResourceGroup
from tests.factories import book, make_group, make_resource, make_venue, open_weekly
from waitlist.links import entry_path
from waitlist.models import WaitlistEntry
from waitlist.tests.helpers import day

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def rooms() -> list[Resource]:
    venue = make_venue(time_zone="Europe/Berlin")
    open_weekly(venue, time(8), time(16))
    return [make_resource(venue, name=name) for name in ("Green room", "Blue room")]


@pytest.fixture
def group(rooms: list[Resource]) -> ResourceGroup:
    return make_group(rooms, name="Any room")


@pytest.fixture
def taken(rooms: list[Resource]) -> list[Reservation]:
    return [book(room, local(7, 10)) for room in rooms]


def join_page(group: ResourceGroup) -> str:
    return reverse("group-waitlist-join", args=[group.uuid])


def wish() -> dict[str, str]:
    asked = {"date": day().isoformat(), "earliest": "10:00", "latest": "10:00"}
    return asked | {"duration": "60", "party_size": "2", "name": "Ada Wartner", "email": "ada@example.com"}


def test_a_full_time_leads_to_the_groups_waitlist(
    client: Client, group: ResourceGroup, taken: list[Reservation]
) -> None:
    asked = {"date": day().isoformat(), "duration": "60", "party_size": "2"}
    page = client.get(reverse("group-day", args=[group.uuid]), asked).content.decode()
    that_day = f"{join_page(group)}?date={day():%Y-%m-%d}&amp;duration=60&amp;party_size=2"
    assert f'"{that_day}"' in page
    assert f'"{that_day}&amp;earliest=10:00&amp;latest=10:00"' in page
    assert "earliest=11:00" not in page  # free, so nobody waits for it
    assert "/repeat/" not in page  # a series needs one resource

    form = client.get(f"{that_day}&earliest=10:00&latest=10:00".replace("&amp;", "&")).content.decode()
    assert "Any room" in form
    assert reverse("group-day", args=[group.uuid]) in form
    assert form.count('value="10:00"') == 2


def test_the_search_leads_there_when_a_group_is_full(client: Client, group: ResourceGroup) -> None:
    closed = {"date": day().isoformat(), "part": "evening", "duration": "60", "party_size": "1"}
    page = client.get("/", closed).content.decode()
    assert f"{join_page(group)}?date={day():%Y-%m-%d}" in page


@pytest.mark.django_db(transaction=True)
def test_the_first_member_to_come_free_is_offered_and_named(
    client: Client, group: ResourceGroup, taken: list[Reservation]
) -> None:
    answer = client.post(join_page(group), wish(), follow=True)
    entry = WaitlistEntry.objects.get()
    assert answer.redirect_chain == [(entry_path(entry), 302)]
    assert (entry.group, entry.resource) == (group, None)
    assert "You're first in line" in answer.content.decode()

    cancel_reservation(reservation_id=taken[1].pk, actor=Actor())
    page = client.get(entry_path(entry)).content.decode()
    assert "A time opened up for you" in page
    assert "<strong>Blue room</strong>" in page


def test_whoever_left_may_join_again(client: Client, group: ResourceGroup, taken: list[Reservation]) -> None:
    client.post(join_page(group), wish())
    entry = WaitlistEntry.objects.get()
    left = client.post(f"{entry_path(entry)}leave/", follow=True).content.decode()
    assert f"{join_page(group)}?date={day():%Y-%m-%d}&amp;duration=60&amp;party_size=2" in left


def test_what_nobody_can_book_has_no_waitlist(client: Client, rooms: list[Resource]) -> None:
    hidden = make_group(rooms, is_active=False)
    empty = make_group([make_resource(rooms[0].venue, is_active=False)])
    for uuid in (hidden.uuid, empty.uuid, uuid4()):
        address = reverse("group-waitlist-join", args=[uuid])
        assert client.get(address).status_code == 404
        assert client.post(address, wish()).status_code == 404
    assert not WaitlistEntry.objects.exists()
