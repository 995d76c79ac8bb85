"""Icons, the manifest, what is told to sites that link here, and the styleguide."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils.html import escape
from PIL import Image
from pytest_django import Settings

from common.clock import now
from common.errors import Conflict
from tooling.styleguide import STATES

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def picture(address: str) -> Any:
    found = finders.find(address.removeprefix("/static/"))
    assert isinstance(found, str), address
    with open(found, "rb") as file:
        return Image.open(BytesIO(file.read()))


def test_the_favicon_is_found_without_a_page(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert "max-age=86400" in answer.headers["Cache-Control"]
    assert {(16, 16), (32, 32), (48, 48)} == picture(answer.headers["Location"]).info["sizes"]
    assert client.post("/favicon.ico").status_code == 405


def test_the_manifest_names_icons_that_exist(client: Client) -> None:
    answer = client.get("/manifest.webmanifest", headers={"Accept-Language": "de"})
    assert answer.headers["Content-Type"] == "application/manifest+json"
    told = answer.json()
    assert (told["name"], told["lang"], told["start_url"]) == ("Holdfast", "de", "/")
    assert [each.get("purpose") for each in told["icons"]] == [None, None, "maskable"]
    for each in told["icons"]:
        width, height = picture(each["src"]).size
        assert (each["sizes"], each["type"]) == (f"{width}x{height}", "image/png")


def test_robots_stay_out_of_what_is_somebodys(client: Client) -> None:
    told = client.get("/robots.txt")
    assert told.headers["Content-Type"].startswith("text/plain")
    closed = [line.removeprefix("Disallow: ") for line in told.content.decode().splitlines()[1:]]
    for path in (
        "/bookings/x/",
        "/team/x/",
        "/waitlist/x/",
        "/accounts/login/",
        "/admin/",
        "/api/venues",
        "/my/",
        "/my-data/x/",
    ):
        assert path.startswith(tuple(closed)), path
    assert "/" not in closed


def test_weaknesses_are_reported_where_the_operator_says(client: Client, settings: Settings) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.com"
    told = dict(
        line.split(": ", 1) for line in client.get("/.well-known/security.txt").content.decode().splitlines()
    )
    assert told["Contact"] == "mailto:security@example.com"
    assert timedelta(days=100) < datetime.fromisoformat(told["Expires"]) - now() < timedelta(days=365)


@pytest.mark.parametrize("address", ["/accounts/login/", "/api/venues", "/nothing/"])
def test_pages_may_use_nothing_that_they_do_not_need(client: Client, address: str) -> None:
    assert "geolocation=()" in client.get(address).headers["Permissions-Policy"]


def test_a_page_tells_what_it_is(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://holdfast.example"
    page = " ".join(client.get("/accounts/login/").content.decode().split())
    for name in ("title", "description", "type", "site_name", "image"):
        assert f'<meta property="og:{name}" content="' in page
    assert 'content="https://holdfast.example/static/img/share.png"' in page
    assert picture("/static/img/share.png").size == (1200, 630)
    assert picture("/static/img/icon-180.png").size == (180, 180)
    assert '<meta name="description" content="' in page
    assert page.count('<meta name="theme-color"') == 2
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page


def test_the_styleguide_shows_every_component_in_every_state(client: Client, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tooling.urls"
    page = " ".join(client.get("/styleguide/").content.decode().split())
    for words in STATES.values():
        assert all(f'badge badge-{status}"> <svg' in page for status in words)
    classes = """button button-main button-quiet button-bad button-small icon-button link-button segments
        field required help error check choice-card stepper group fields chip tags avatar breadcrumbs tabs
        toolbar side-nav steps pager note note-good note-warn note-bad toast dialog progress skeleton more
        empty empty-bad records records-stacked lines card card-link facts secret time slot day"""
    assert [name for name in classes.split() if f'"{name}' not in page and f" {name}" not in page] == []
    for state in ('aria-busy="true"', "htmx-request", "disabled", 'aria-invalid="true"', "aria-current"):
        assert state in page
    assert escape(str(Conflict())) in page
    assert " style=" not in page


def test_the_styleguide_is_for_those_who_build(client: Client) -> None:
    assert django_settings.DEBUG is False
    assert client.get("/styleguide/").status_code == 404
