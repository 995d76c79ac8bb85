"""A page is sent again when something in it has changed, and only then."""

import pytest
from django.test import Client

from tests.factories import PASSWORD, at, book, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    room, client = make_resource(), Client()
    address = f"/calendar/week/{at(5).date()}/?resource={room.uuid}"
    first = client.get(address)
    kept = {"If-None-Match": first.headers["ETag"]}
    again = client.get(address, headers=kept)
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert "no-cache" in first.headers["Cache-Control"]
    assert "private" in first.headers["Cache-Control"]
    book(room, at(5, 12))
    assert client.get(address, headers=kept).status_code == 200


def test_signing_in_again_makes_new_pages() -> None:
    """A form kept from before would be refused."""
    user, address = make_user(), "/accounts/password/change/"
    client = Client(enforce_csrf_checks=True)
    seen: list[str] = []
    for _ in range(2):
        token = client.get("/accounts/login/").context["csrf_token"]
        who = {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": str(token)}
        assert client.post("/accounts/login/", who).status_code == 302
        page = client.get("/styleguide-is-no-page/")
        assert page.status_code == 404
        assert not page.has_header("ETag")
        page = client.get("/", headers={"If-None-Match": seen[-1] if seen else ""})
        assert page.status_code == 200
        seen.append(page.headers["ETag"])
        token = client.get(address).context["csrf_token"]
        assert client.post("/accounts/logout/", {"csrfmiddlewaretoken": str(token)}).status_code == 302
    assert seen[0] != seen[1]


def test_pages_behind_secrets_are_kept_nowhere() -> None:
    client = Client()
    client.force_login(make_user())
    page = client.get("/my/")
    assert "no-store" in page.headers["Cache-Control"]
    assert not page.has_header("ETag")
