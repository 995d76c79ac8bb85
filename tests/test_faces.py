"""Pages about one venue look like it, all others like the product; and none lies in a strange frame."""

import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client, RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

from classes.tests.page_rows import fill as fill_classes
from config.legal import read_legal_pages
from resources.models import Venue
from tests.pages import PAGES
from tests.permissions.rows import client_of
from tests.permissions.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OF_A_VENUE = re.compile(
    r"resource-|group-day|embedded-|reservation-|waitlist-(join|entry)|group-waitlist-join|calendar-(day|week|month|timeline)"
    r"|lend-(?!mine)|classes-|studio|teach-"
)
WITHOUT_VENUE = {("customer", "calendar-week")}
"""One's own bookings, wherever they are."""
THEIRS = ("this-venue", "stillwater", "quiet-house")
"""The venues that the pages are about."""
LINK = '<link rel="stylesheet" href="/media/colors/b3261e.css">'
IMPRINT = "https://this.example/imprint"


@pytest.fixture
def world() -> World:
    world = World()
    assert world.venue
    assert fill_classes(world)
    fields = {"color": "#b3261e", "imprint_url": IMPRINT, "logo_width": 144, "logo_height": 72}
    Venue.objects.filter(slug__in=THEIRS).update(
        **fields, logo="venues/this.png", embedded_on="https://cafe.example"
    )
    del world.venue
    world.__dict__["venue"] = Venue.objects.get(slug="this-venue")
    return world


def read_pages(world: World, role: str) -> dict[str, Any]:
    client = client_of(world, role)
    return {name: client.get(address(world), follow=True) for name, address in PAGES[role].items()}


@pytest.mark.parametrize("role", PAGES)
def test_pages_of_one_venue_wear_its_face_and_lie_in_no_strange_frame(
    world: World, role: str, settings: Any
) -> None:
    settings.LEGAL_PAGES = {
        "privacy": "https://ours.example/{language}/privacy",
        "terms": "",
        "imprint": "https://ours.example/i",
    }
    for name, page in read_pages(world, role).items():
        assert_framed_nowhere_else(name, page)
        html = " ".join(page.content.decode().split())
        if name.startswith("admin") or name == "lend-board":  # a wall leads nowhere
            continue
        is_theirs = bool(OF_A_VENUE.match(name)) and (role, name) not in WITHOUT_VENUE
        assert (LINK in html) == is_theirs, name
        assert ('src="/media/venues/this.png" alt="" width="72" height="36"' in html) == is_theirs, name
        assert (IMPRINT in html, "https://ours.example/i" in html) == (is_theirs, not is_theirs), name
        assert "https://ours.example/en/privacy" in html, name  # the venue has none of its own


def assert_framed_nowhere_else(name: str, page: Any) -> None:
    is_open = name.startswith("embedded-")
    ancestors = re.findall(r"frame-ancestors ([^;]*)", page.headers["Content-Security-Policy"])
    assert ancestors == ["https://cafe.example" if is_open else "'none'"], name
    assert page.headers.get("X-Frame-Options") == (None if is_open else "DENY"), name


def test_what_is_no_page_may_not_be_framed_either(world: World) -> None:
    for path in (
        "/admin/login/",
        "/api/docs/",
        "/nowhere/",
        "/media/nothing.jpg",
        "/media/colors/b3261e.css",
    ):
        assert Client().get(path).headers["X-Frame-Options"] == "DENY", path


def test_links_of_the_installation_are_web_pages() -> None:
    pages = read_legal_pages({"PRIVACY_URL": " https://ours.example/privacy ", "TERMS_URL": ""})
    assert pages == {"privacy": "https://ours.example/privacy", "terms": "", "imprint": ""}
    with pytest.raises(ImproperlyConfigured, match="IMPRINT_URL"):
        read_legal_pages({"IMPRINT_URL": "javascript:alert(1)"})


def test_the_script_for_websites_is_small_and_kept(settings: Any, rf: RequestFactory) -> None:
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    serve = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))
    script, other = (serve(rf.get(f"/static/js/{name}.js")) for name in ("embed", "embedded"))
    assert len(b"".join(script)) < 1024
    assert script.headers["Cache-Control"] == "public, max-age=86400, stale-while-revalidate=604800"
    assert (other.status_code, other.headers["Cache-Control"]) == (200, "max-age=60, public")
