"""The masthead says where one is, and states have their mark, whatever page one is on."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils.translation import override

from common.menu import menu_entries
from common.pages import error_page
from common.templatetags.ui import STATUS_ICONS, device, page_numbers
from reservations.api.shapes import PAYMENT_STATES
from reservations.enums import Status
from resources.enums import Role
from resources.models import VenueMembership
from tests.factories import make_user, make_venue
from tests.pages import PAGES
from tests.permissions.rows import client_of
from tests.permissions.world import World
from tests.test_design import CSS
from tooling.styleguide import STATES
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistOffer

HERE = re.compile(r'<a class="nav-link" href="([^"]+)" aria-current="page"')


def marked(client: Client, address: str) -> list[str]:
    return HERE.findall(client.get(address, follow=True).content.decode())


@pytest.mark.once
@pytest.mark.django_db
def test_the_masthead_marks_the_section() -> None:
    world = World()
    guest, customer = client_of(world, "anonymous"), client_of(world, "customer")
    pages = PAGES["anonymous"] | PAGES["customer"]
    for name in ("home", "resource-day"):
        assert marked(guest, pages[name](world)) == ["/"], name
    assert marked(guest, pages["account_login"](world)) == ["/accounts/login/"]
    for name in ("my-reservations", "reservation-manage", "reservation-cancel"):
        assert marked(customer, pages[name](world)) == ["/my/"], name
    for name in ("my-waitlist", "waitlist-join", "waitlist-entry"):
        assert marked(customer, pages[name](world)) == ["/waitlist/"], name
    account = [
        marked(customer, pages[name](world)) for name in ("account_email", "mfa_index", "calendar-feeds")
    ]
    assert len(account[0]) == 1
    assert account[0][0].startswith("/account")
    assert account == [account[0]] * 3
    assert marked(guest, "/nothing/") == []


@pytest.mark.once
@pytest.mark.django_db
def test_the_account_pages_mark_themselves_once() -> None:
    world = World()
    customer = client_of(world, "customer")
    for name in ("account_email", "account_change_password", "mfa_index", "usersessions_list"):
        address = PAGES["customer"][name](world)
        page = customer.get(address, follow=True).content.decode()
        side = page.split('class="side-nav"')[1].split("</nav>")[0]
        assert re.findall(r'href="([^"]+)" aria-current="page"', side) == [address]


def test_every_state_has_its_mark() -> None:
    known = {
        *Status.values,
        *WaitlistStatus.values,
        *WaitlistOffer.Outcome.values,
        *PAYMENT_STATES,
    }
    shown = {status for words in STATES.values() for status in words}
    styles = (CSS / "components.css").read_text()
    assert shown == known == STATUS_ICONS.keys()
    assert [status for status in known if not re.search(rf"\.badge-{status}\b", styles)] == []


def test_entries_of_the_menu_are_told_apart_by_their_icons() -> None:
    """On phones several stand side by side, with little room for words."""
    nav = (CSS.parent.parent / "templates" / "components" / "nav.html").read_text()
    sprite = (CSS.parent / "img" / "icons.svg").read_text()
    fixed = dict(re.findall(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', sprite))
    icons = [entry.icon for name, entry in menu_entries.items() if not name.startswith("umbrellas")]
    assert len(icons) > 6
    drawings = [fixed[icon] for icon in icons]
    looks = {fixed[icon] for icon in re.findall(r'{% icon "([\w-]+)"', nav)}
    assert len(set(drawings)) == len(drawings)
    assert looks.isdisjoint(drawings)


def test_every_icon_that_is_asked_for_exists() -> None:
    sprite = (CSS.parent / "img" / "icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    templates = (CSS.parent.parent / "templates").rglob("*.html")
    asked = {name for path in templates for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())}
    assert len(asked) > 15
    assert asked | set(STATUS_ICONS.values()) <= drawn


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Linux"),
        ("curl/8.5.0", "Another program"),
        ("", "Another program"),
    ],
)
def test_devices_are_called_what_people_call_them(said: str, meant: str) -> None:
    with override("en"):
        assert device(said) == meant


@pytest.mark.parametrize(
    ("number", "last", "shown"),
    [
        (1, 1, [1]),
        (1, 9, [1, 2, 0, 9]),
        (5, 9, [1, 0, 4, 5, 6, 0, 9]),
        (2, 3, [1, 2, 3]),
        (9, 9, [1, 0, 8, 9]),
    ],
)
def test_a_pager_shows_the_ends_and_what_is_near(number: int, last: int, shown: list[int]) -> None:
    assert page_numbers(Paginator(range(last), 1).page(number)) == shown


def test_icons_are_read_out_only_when_they_say_something() -> None:
    drawn = Template('{% load ui %}{% icon "check" %}{% icon "trash" words %}').render(
        Context({"words": "Remove <it>"})
    )
    assert drawn.count('aria-hidden="true"') == 1
    assert 'role="img" aria-label="Remove &lt;it&gt;"' in drawn


def test_the_last_resort_page_needs_nothing_that_could_fail() -> None:
    page = render_to_string("500.html")
    linked = re.findall(r'href="/static/([^"]+)"', page)
    assert len(linked) == 6
    assert [path for path in linked if finders.find(path) is None] == []
    assert "<script" not in page
    assert re.findall(r'<a [^>]*href="([^"]+)"', page) == ["/"]


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "method", "again"),
    [(404, "get", False), (409, "get", False), (429, "get", True), (503, "get", True), (503, "post", False)],
)
def test_error_pages_lead_on(rf: RequestFactory, status: int, method: str, again: bool) -> None:
    request = getattr(rf, method)("/somewhere/?day=1")
    request.user = AnonymousUser()
    page = error_page(request, status, "some_code", "A sentence.").content.decode()
    assert 'data-code="some_code"' in page
    assert ('href="/somewhere/?day=1"' in page) is again
    assert re.search(r'<a class="button[^"]*" href="/">', page)
    assert ("/accounts/login/" in page.split("<main")[1].split("</main>")[0]) is (status == 404)


@pytest.mark.once
@pytest.mark.django_db
def test_the_way_to_the_admin_follows_the_role() -> None:
    member, leftover = make_user(), make_user(is_staff=True)
    VenueMembership.objects.create(venue=make_venue(), user=member, role=Role.FACILITATOR)
    people = {member: True, leftover: False, make_user(): False, make_user(is_superuser=True): True}
    for user, has_role in people.items():
        client = Client()
        client.force_login(user)
        page = client.get("/account/").content.decode()
        assert ('<a class="nav-link" href="/admin/"' in page) == has_role
