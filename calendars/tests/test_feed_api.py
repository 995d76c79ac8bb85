"""One's own feeds over the API and on their page."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from calendars.kinds import BuiltInKind
from calendars.models import CalendarFeed
from calendars.services import ensure_customer_feed, make_feed, revoke_feed
from calendars.tests.helpers import address, as_customer, events, fetch
from resources.models import Resource
from tests.factories import book, make_member, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
JSON = "application/json"


@pytest.fixture
def ada() -> User:
    return make_user("ada@people.example")


@pytest.fixture
def browser(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def made(browser: Client, **body: Any) -> Any:
    return browser.post("/api/feeds", body, content_type=JSON)


def test_the_account_names_its_feed_and_it_is_read_without_signing_in(browser: Client, ada: User) -> None:
    book(make_resource(), **as_customer(ada))
    url = browser.get("/api/auth/user").json()["feed_url"]
    assert url.startswith("http://localhost:8000/calendars/")
    assert url.endswith(".ics")
    assert len(events(address(url))) == 1
    assert browser.get("/api/auth/user").json()["feed_url"] == url


def test_what_was_revoked_does_not_come_back_by_itself(browser: Client, ada: User) -> None:
    feed = ensure_customer_feed(ada)
    assert feed is not None
    revoke_feed(feed_id=feed.pk, user=ada)
    assert browser.get("/api/auth/user").json()["feed_url"] is None
    again = made(browser, kind="customer").json()
    assert again["id"] != str(feed.pk)
    assert browser.get("/api/auth/user").json()["feed_url"] == again["url"]


def test_a_feed_is_made_once(browser: Client) -> None:
    first, second = made(browser, kind="customer"), made(browser, kind="customer")
    assert (first.status_code, first.json()) == (201, second.json())
    found = first.json()
    assert found["webcal_url"] == found["url"].replace("http://", "webcal://")
    assert found["last_used_at"] is None
    assert [each["id"] for each in browser.get("/api/feeds").json()["results"]] == [found["id"]]


def test_a_new_address_ends_the_old_one_and_revoking_ends_all(browser: Client) -> None:
    first = made(browser, kind="customer").json()
    second = browser.post(f"/api/feeds/{first['id']}/rotate").json()
    assert second["id"] == first["id"]
    assert [fetch(address(each["url"])).status_code for each in (first, second)] == [404, 200]
    assert browser.delete(f"/api/feeds/{first['id']}").status_code == 204
    assert fetch(address(second["url"])).status_code == 404
    assert browser.delete(f"/api/feeds/{first['id']}").status_code == 404
    assert browser.post(f"/api/feeds/{first['id']}/rotate").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "everything"}, "kind"),
        ({"kind": "venue"}, "venue"),
        ({"kind": "resource"}, "resource_id"),
        ({"kind": "customer", "venue": "x"}, "venue"),
        ({"kind": "customer", "owner": "x"}, "owner"),
    ],
)
def test_bad_input_is_told(browser: Client, body: dict[str, Any], field: str) -> None:
    answer = made(browser, **body)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]


def test_staff_feeds_are_for_staff(browser: Client, client: Client) -> None:
    room = make_resource()
    assert made(browser, kind="resource_staff", resource_id=str(room.uuid)).status_code == 403
    assert made(browser, kind="venue", venue=room.venue.slug).status_code == 403
    assert made(browser, kind="facilitator").status_code == 403
    assert made(browser, kind="venue", venue="nowhere").status_code == 404
    assert not CalendarFeed.objects.exclude(kind="customer").exists()


# --- The page -------------------------------------------------------------------------------------


def test_the_page_shows_the_address_and_a_link_that_subscribes(browser: Client, ada: User) -> None:
    page = browser.get("/account/calendars/")
    feed = CalendarFeed.objects.get(owner=ada)
    text = page.content.decode()
    assert f"/calendars/{feed.pk}/" in text
    assert 'href="webcal://localhost:8000/calendars/' in text
    assert "/account/calendars/" in browser.get("/my/").content.decode()
    assert "no-store" in page["Cache-Control"]


def test_guests_sign_in_first(client: Client) -> None:
    answer = client.get("/account/calendars/")
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def test_members_make_rotate_and_revoke_feeds_on_the_page(client: Client) -> None:
    room: Resource = make_resource()
    member = make_member(room.venue)
    client.force_login(member)
    what = f"resource_staff:{room.uuid}"
    assert client.post("/account/calendars/", {"what": what}).status_code == 302
    feed = CalendarFeed.objects.get(owner=member)
    assert (feed.kind, feed.resource) == (BuiltInKind.RESOURCE_STAFF, room)
    assert room.name in client.get("/account/calendars/").content.decode()
    client.post(f"/account/calendars/{feed.pk}/rotate/")
    feed.refresh_from_db()
    assert feed.link_version == 2
    client.post(f"/account/calendars/{feed.pk}/revoke/")
    feed.refresh_from_db()
    assert feed.revoked_at is not None


def test_the_page_leaves_out_what_has_ended_with_the_membership(client: Client) -> None:
    room = make_resource(name="Blue room")
    member = make_member(room.venue)
    make_feed(user=member, kind=BuiltInKind.VENUE, venue=room.venue)
    client.force_login(member)
    assert room.venue.name in client.get("/account/calendars/").content.decode()
    member.memberships.all().delete()
    assert room.venue.name not in client.get("/account/calendars/").content.decode()


def test_what_may_not_be_had_is_not_offered(browser: Client, ada: User) -> None:
    room = make_resource()
    for what in (f"venue:{room.venue.uuid}", f"resource:{room.uuid}", "facilitator", "", "x"):
        assert browser.post("/account/calendars/", {"what": what}).status_code == 400
    others = make_feed(user=make_user(), kind=BuiltInKind.CUSTOMER)
    for act in ("rotate", "revoke"):
        assert browser.post(f"/account/calendars/{others.pk}/{act}/").status_code == 404
        assert browser.get(f"/account/calendars/{others.pk}/{act}/").status_code == 405


def test_forms_carry_their_token(ada: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post("/account/calendars/", {"what": "customer"}).status_code == 403
    assert not CalendarFeed.objects.exists()
