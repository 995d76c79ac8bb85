"""Which language a visitor is spoken to in, and how it is chosen."""

from datetime import time

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.translation import get_language, override

from accounts.languages import ProfileLanguage
from accounts.models import User
from accounts.services.keys import create_key
from tests.factories import at, make_resource, make_user, make_venue, open_weekly

pytestmark = [pytest.mark.django_db, pytest.mark.once]
GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}
COOKIE = settings.LANGUAGE_COOKIE_NAME
HEADING = {"en": "Find a time", "de": "Termin finden"}


def assert_home_speaks(client: Client, language: str, **headers: str) -> None:
    response = client.get(reverse("home"), **headers)  # type: ignore[arg-type]
    assert response.headers["Content-Language"] == language
    assert f'<html lang="{language}"' in response.content.decode()
    assert HEADING[language] in response.content.decode()


def signed_in(language: str) -> tuple[Client, User]:
    client, user = Client(), make_user(language=language)
    client.force_login(user)
    return client, user


def test_browser_is_asked_when_nobody_has_chosen(client: Client) -> None:
    assert_home_speaks(client, "en")
    assert_home_speaks(client, "de", **GERMAN)
    assert_home_speaks(client, "en", HTTP_ACCEPT_LANGUAGE="fr, tlh;q=0.5")


def test_chosen_language_comes_before_the_browsers(client: Client) -> None:
    client.cookies[COOKIE] = "en"
    assert_home_speaks(client, "en", **GERMAN)


def test_accounts_language_comes_before_cookie_and_browser() -> None:
    client, _user = signed_in("de")
    client.cookies[COOKIE] = "en"
    assert_home_speaks(client, "de", HTTP_ACCEPT_LANGUAGE="en")


@pytest.mark.parametrize("nothing", ["", "xx", "fr"])
def test_account_without_a_language_that_exists_here_leaves_it_to_the_browser(nothing: str) -> None:
    client, _user = signed_in(nothing)
    assert_home_speaks(client, "de", **GERMAN)


def test_caches_are_told_what_the_language_depends_on(client: Client) -> None:
    vary = client.get(reverse("home")).headers["Vary"].lower()
    assert {"accept-language", "cookie"} <= {name.strip() for name in vary.split(",")}


def test_api_speaks_the_language_of_session_and_key(client: Client) -> None:
    german, user = signed_in("de")
    address = "/api/resources/00000000-0000-0000-0000-000000000000"
    _key, secret = create_key(user=user, name="Till", scopes=["read"])
    assert german.get(address).json()["error"].startswith("Diese Ressource gibt es nicht")
    answer = client.get(address, headers={"X-API-Key": secret, "Accept-Language": "en"})
    assert answer.json()["error"].startswith("Diese Ressource gibt es nicht")
    assert answer.headers["Content-Language"] == "de"
    assert client.get(address).json()["error"].startswith("This resource doesn't exist")


def test_admin_speaks_the_accounts_language() -> None:
    client = Client()
    client.force_login(make_user(language="de", is_staff=True, is_superuser=True))
    page = " ".join(client.get("/admin/").content.decode().split())
    assert "Standorte" in page
    assert "Preisregeln" in client.get("/admin/resources/").content.decode()
    assert 'name="language" value="en"' in page


def test_language_does_not_outlive_its_request() -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(get_language() or "")

    request = RequestFactory().get("/")
    request.user = User(language="de")
    with override("en"):
        assert ProfileLanguage(answer)(request).content == b"de"
        assert get_language() == "en"


def test_language_set_by_the_response_itself_is_kept() -> None:
    request = RequestFactory().get("/")
    request.user = User(language="de")
    response = ProfileLanguage(lambda _: HttpResponse(headers={"Content-Language": "en"}))(request)
    assert response.headers["Content-Language"] == "en"


def test_guests_choice_is_remembered_in_a_cookie(client: Client) -> None:
    back = reverse("home") + "?party_size=2"
    response = client.post(reverse("set_language"), {"language": "de", "page": back})
    assert (response.status_code, response.headers["Location"]) == (302, back)
    assert client.cookies[COOKIE]["max-age"] == 31_536_000
    assert_home_speaks(client, "de", HTTP_ACCEPT_LANGUAGE="en")


def test_choice_of_somebody_signed_in_is_kept_in_the_account() -> None:
    client, user = signed_in("en")
    client.post(reverse("set_language"), {"language": "de"})
    user.refresh_from_db()
    assert user.language == "de"
    assert_home_speaks(client, "de", HTTP_ACCEPT_LANGUAGE="en")


@pytest.mark.parametrize("language", ["", "xx", "fr", "../de", "d" * 5000, "\0"])
def test_language_that_does_not_exist_here_changes_nothing(language: str) -> None:
    client, user = signed_in("de")
    assert client.post(reverse("set_language"), {"language": language}).status_code == 302
    user.refresh_from_db()
    assert user.language == "de"
    assert COOKIE not in client.cookies


def test_page_that_the_browser_shows_now_comes_before_the_one_that_was_loaded(client: Client) -> None:
    form = {"language": "de", "page": "/?party_size=1"}
    shown = "http://testserver/?party_size=9"
    assert client.post(reverse("set_language"), form, HTTP_REFERER=shown).headers["Location"] == shown
    form["next"] = "/somewhere"
    assert client.post(reverse("set_language"), form, HTTP_REFERER=shown).headers["Location"] == "/somewhere"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://[",
        "\nhttps://evil.example",
        "http://testserver@evil.example/",
    ],
)
def test_nobody_is_led_to_another_site(client: Client, address: str) -> None:
    form = {"language": "de", "next": address, "page": address}
    response = client.post(reverse("set_language"), form, HTTP_REFERER=address.strip())
    assert response.headers["Location"] == reverse("home")


def test_choosing_is_a_form_of_ours(client: Client) -> None:
    assert client.get(reverse("set_language")).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("set_language"), {"language": "de"}).status_code == 403


def test_each_language_is_offered_by_its_own_name(client: Client) -> None:
    make_resource(make_venue())
    response = client.get(reverse("home") + "?party_size=3", **GERMAN)  # type: ignore[arg-type]
    page = " ".join(response.content.decode().split())
    assert 'value="en" lang="en" dir="ltr" > English </button>' in page
    assert 'lang="de" dir="ltr" aria-current="true"> Deutsch </button>' in page
    assert 'name="page" value="/?party_size=3"' in page


def test_admin_offers_the_languages_there_are_for_an_account() -> None:
    client, user = Client(), make_user(language="en")
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = client.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    assert '<option value="de">Deutsch</option>' in page
    assert '<option value="en" selected>English</option>' in page


@pytest.mark.parametrize(
    ("accepted", "language", "opening"),
    [
        ("en-US,en;q=0.9", "en-us", "8:00 AM–6:30 PM"),
        ("de;q=0.8,en-US", "en-us", "8:00 AM–6:30 PM"),
        ("en-GB,en-US;q=0.9", "en", "08:00–18:30"),
        ("en", "en", "08:00–18:30"),
        ("de,en-US;q=0.9", "de", "08:00–18:30"),
    ],
)
def test_americans_read_their_own_clock(client: Client, accepted: str, language: str, opening: str) -> None:
    venue = make_venue(time_zone="UTC")
    open_weekly(venue, time(8), time(18, 30))
    room = make_resource(venue)
    page = reverse("resource-day", args=[room.uuid])
    response = client.get(page, {"date": at(3).date().isoformat()}, headers={"Accept-Language": accepted})
    html = response.content.decode().replace("\N{NO-BREAK SPACE}", " ")

    assert response.headers["Content-Language"] == language
    assert opening in html
    assert f'<time datetime="{at(3, 8).isoformat()}">{opening.partition("–")[0]}</time>' in html
    assert 'aria-current="true"' in html, "the language that is chosen"


@pytest.mark.parametrize("address", ["/api/resources", "/admin/"])
def test_programs_and_the_admin_have_one_clock(client: Client, address: str) -> None:
    response = client.get(address, headers={"Accept-Language": "en-US"})
    assert response.headers["Content-Language"] == "en"


def test_whoever_has_chosen_english_still_reads_it_as_in_america() -> None:
    client, _user = signed_in("en")
    response = client.get(reverse("home"), headers={"Accept-Language": "de,en-US;q=0.5"})
    assert response.headers["Content-Language"] == "en-us"
