"""Names are told by the strictest rules of what they are about, at every door."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from lending.terms import terms_at
from lending.tests.helpers import ask, in_minutes, lend_out, make_lending_rules, make_thing, rules_of
from lending.tests.test_parting import make_kit
from lending.timelines import list_entries
from resources.catalog import catalog
from resources.models import Resource, ResourceGroup
from tests.factories import make_group, make_member, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NAMES = {"first_name": "Secret", "last_name": "Person"}


def queue_for_any(*shown: str) -> tuple[list[Resource], ResourceGroup]:
    """Things of one group, each with its rule for names; all are out, and somebody waits for any."""
    things: list[Resource] = []
    for each in shown:
        things.append(make_thing(things[0].venue if things else None, names_shown=each))
    group = make_group(things)
    for thing in things:
        ask(thing)
    ask(group, make_user(**NAMES))
    return things, group


def read_names(address: str) -> set[str]:
    client = APIClient()
    client.force_authenticate(make_user())
    return {row["user_name"] for row in client.get(address).json()["reservations"]}


@pytest.mark.parametrize("address", ["/reservation/active", "/reservation/active/all_users"])
def test_reservia_keeps_names_of_those_who_wait_for_a_group(address: str) -> None:
    queue_for_any("staff", "staff")
    assert read_names(address) == {""}


@pytest.mark.parametrize("shown", [("everybody", "staff"), ("initials", "everybody")])
def test_the_page_of_a_group_keeps_names_as_its_strictest_thing(shown: tuple[str, ...]) -> None:
    things, group = queue_for_any(*shown)
    client = Client()
    client.force_login(make_user())
    page = client.get(f"/lend/{things[0].venue.slug}/{group.slug}/").content.decode()
    assert "Secret Person" not in page
    assert ("S. P." in page) == ("staff" not in shown)


def test_the_row_of_a_kit_says_that_only_a_part_of_it_is_taken() -> None:
    kit, (camera, *_rest) = make_kit()
    lend_out(camera, rules_of(kit))
    ask(kit, wanted_from=in_minutes(600), wanted_until=in_minutes(700))
    ask(camera, make_user(**NAMES))
    thing, terms = catalog(kit.venue_id).bookables[kit.pk], terms_at(kit.venue_id)[kit.pk]
    boss, span = make_member(kit.venue), (in_minutes(-5), in_minutes(800))
    assert [entry.is_part for entry in list_entries(thing, terms, boss, *span)] == [True, False]
    client = Client()
    client.force_login(boss)
    days = f"?view=timeline&venue={kit.venue.slug}&resource="
    for each in (kit, camera):
        page = client.get(f"/calendar/{days}{each.uuid}", follow=True).content.decode()
        assert ("Only a part" in page) == (each == kit)


def test_a_part_does_not_tell_who_has_the_kit() -> None:
    for kits, parts in (("staff", "everybody"), ("everybody", "staff")):
        kit, (camera, *_rest) = make_kit(names_shown=kits)
        lend_out(camera, make_lending_rules(kit.venue, names_shown=parts))
        ask(kit, make_user(**NAMES))
        thing, terms = catalog(kit.venue_id).bookables[camera.pk], terms_at(kit.venue_id)[camera.pk]
        entries = list_entries(thing, terms, make_user(), in_minutes(-5), in_minutes(600))
        assert [entry.name for entry in entries] == [""]
