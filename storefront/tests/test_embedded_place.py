"""The days and times of one place, for a frame of its venue's website."""

import re

import pytest
from django.test import Client

from reservations.tests.api_helpers import local
from resources.enums import Role
from resources.models import Resource, Venue
from tests.factories import book, make_group, make_lodging, make_member, make_resource, make_rules

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    room = make_resource(slug="blue-room")
    Venue.objects.filter(pk=room.venue_id).update(embedded_on="https://cafe.example\nhttps://*.cafe.example")
    return room


def frame(room: Resource, name: str = "") -> str:
    return f"/embed/{room.venue.slug}/{name or room.slug}/"


def test_free_times_lead_to_a_window_of_ours(client: Client, room: Resource) -> None:
    book(room, local(7, 10))
    on = local(7).date().isoformat()

    page = client.get(f"{frame(room)}?date={on}&duration=60&party_size=2")

    html = " ".join(page.content.decode().split())
    link = f'<a class="slot" href="/resources/{room.uuid}/?date={on}&amp;duration=60&amp;party_size=2#at-'
    assert f'{link}0900" target="_blank">' in html
    assert f"{link}1000" not in html
    assert "<form" not in html.replace('<form class="search-fields" method="get"', "")
    assert page.headers["Content-Security-Policy"].count("https://") == 1  # no wildcard
    assert not page.cookies


def test_by_id_by_name_and_of_a_group(client: Client, room: Resource) -> None:
    group = make_group([room], slug="any-room", name="Any room")
    names = (str(room.uuid), "any-room", str(group.uuid))
    assert [client.get(frame(room, name)).status_code for name in names] == [200] * 3
    assert f"/groups/{group.uuid}/" in client.get(frame(room, "any-room")).content.decode()


def test_a_wrong_wish_is_an_error_beside_its_field(client: Client, room: Resource) -> None:
    page = client.get(f"{frame(room)}?date=yesterday&duration=-5")
    assert page.status_code == 400
    assert "aria-invalid" in page.content.decode()


def test_what_is_not_offered_there_is_not_found(client: Client, room: Resource) -> None:
    elsewhere = make_resource(slug="far-room")
    hidden = make_resource(room.venue, rules=room.rules, slug="attic", is_listed=False)
    client.force_login(make_member(room.venue, Role.MANAGER))  # nobody is signed in in a frame
    for name in (elsewhere.slug, str(elsewhere.uuid), hidden.slug, "nothing"):
        assert client.get(frame(room, name)).status_code == 404, name
    Venue.objects.filter(pk=room.venue_id).update(is_active=False)
    assert client.get(frame(room)).status_code == 404


def test_a_place_that_is_gone_leaves_no_empty_frame(client: Client, room: Resource) -> None:
    closed = make_resource(room.venue, rules=room.rules, is_active=False)
    empty = make_group([closed], slug="any-room")
    for name in ("nothing", empty.slug):
        page = client.get(frame(room, name))

        assert page.status_code == 404
        assert "frame-ancestors https://cafe.example" in page.headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in page.headers
        assert f'href="/embed/{room.venue.slug}/"' in page.content.decode()
    Venue.objects.filter(pk=room.venue_id).update(embedded_on="")
    assert client.get(frame(room, "nothing")).headers["X-Frame-Options"] == "DENY"


def test_everything_but_booking_stays_in_the_frame(client: Client, room: Resource) -> None:
    """Other pages of ours are refused in frames: what leads to one opens a tab."""
    rules = make_rules(room.venue, min_duration=1200, max_duration=9960, default_duration=1200)
    lodging = make_resource(room.venue, kind="lodging", slug="suite", rules=rules)
    make_group([room], slug="any-room")
    for name in ("", "blue-room", "any-room", lodging.slug):
        address = f"/embed/{room.venue.slug}/{name}" + ("/" if name else "")
        html = client.get(address).content.decode()
        assert ("strip-day" in html) == bool(name)
        for link in re.findall(r"<a\s[^>]*>", html):
            (target,) = re.findall(r'href="([^"]*)"', link)
            stays = target.startswith(("?", "/embed/"))
            assert stays != ('target="_blank"' in link), (name, link)


def test_stays_are_nights(client: Client) -> None:
    lodging = make_lodging()

    html = " ".join(client.get(f"/embed/{lodging.venue.slug}/").content.decode().split())

    assert any(f">{night}</time> <span>€90" in html for night in ("Tonight", "Tomorrow"))
    assert ">15:00</time>" not in html
