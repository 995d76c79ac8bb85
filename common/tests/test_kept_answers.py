import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from common.kept_answers import ANSWERS, LASTS, MOST_KEPT
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
BROWSER = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


def fail(client: Client, code: str = "", headers: dict[str, str] = BROWSER) -> str:
    """Where somebody is led who asks for a lost link without an address."""
    answer = client.post(reverse("find-my-booking"), {"code": code, "email": ""}, headers=headers)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def read(client: Client, address: str) -> str:
    page = client.get(address, headers=BROWSER)
    assert page.status_code == 200
    return page.content.decode()


def test_two_tabs_have_their_own_answers_and_the_oldest_goes(client: Client) -> None:
    addresses = [fail(client, f"CODE{number}") for number in range(MOST_KEPT + 1)]

    for number in range(1, MOST_KEPT + 1):
        assert f'value="CODE{number}"' in read(client, addresses[number])
    gone = client.get(addresses[0], headers=BROWSER)
    assert (gone.status_code, gone.headers["Location"]) == (302, reverse("find-my-booking"))


def test_a_form_that_goes_through_takes_its_answer_along(client: Client) -> None:
    client.force_login(make_user())
    profile = reverse("account-profile")
    address = client.post(profile, {"reminder_hours": "x"}, headers=BROWSER).headers["Location"]
    again = client.post(address, {"reminder_hours": "y"}, headers=BROWSER).headers["Location"]

    done = client.post(again, {"reminder_hours": "3"}, headers=BROWSER)

    assert done.headers["Location"] == profile
    assert client.session[ANSWERS] == []


def test_what_is_done_is_shown_once_and_not_done_again(client: Client) -> None:
    form = {"code": "ABCD2345", "email": "ada@example.com"}
    address = client.post(reverse("find-my-booking"), form, headers=BROWSER).headers["Location"]

    assert "Check your email" in read(client, address)
    assert "Check your email" in read(client, address)


def test_an_answer_is_for_whom_it_was_made_and_for_a_while(client: Client) -> None:
    address = fail(client)
    key = address.partition("?")[2]

    assert client.get(f"{reverse('guest-data-ask')}?{key}", headers=BROWSER).status_code == 302  # elsewhere
    assert Client().get(address, headers=BROWSER).status_code == 302
    assert client.get(address, headers=BROWSER | {"Accept-Language": "de"}).status_code == 302
    address = fail(client)
    client.force_login(make_user())
    assert client.get(address, headers=BROWSER).status_code == 302
    address = fail(client)
    session = client.session
    session[ANSWERS] = [{**answer, "until": answer["until"] - LASTS} for answer in session[ANSWERS]]
    session.save()
    assert client.get(address, headers=BROWSER).status_code == 302


def test_programs_and_scripts_get_the_answer_itself(client: Client) -> None:
    for headers in (
        {},
        {"Accept": "*/*"},
        BROWSER | {"Sec-Fetch-Mode": "cors"},
        BROWSER | {"HX-Request": "true"},
    ):
        answer = client.post(reverse("find-my-booking"), {"code": ""}, headers=headers)
        assert answer.status_code == 400
    assert ANSWERS not in client.session
    address = fail(client)
    shown = client.get(address, headers={"Accept": "text/html", "Sec-Fetch-Mode": "same-origin"})
    assert "Please check" not in shown.content.decode()  # what a page fetches of itself is what is there now


def test_where_to_go_afterwards_stays_in_the_address(client: Client) -> None:
    page = f"http://testserver{reverse('account_login')}?next=/my/"
    wrong = {"login": "ada@example.com", "password": "Wrong-horse-9", "next": "/my/"}

    led = client.post(reverse("account_login"), wrong, headers=BROWSER | {"Referer": page})

    assert led.headers["Location"].startswith(f"{reverse('account_login')}?next=/my/&answer=")
    shown = read(client, led.headers["Location"])
    assert "Wrong email or password." in shown
    assert "Wrong-horse-9" not in shown
    assert "Wrong-horse-9" not in str(client.session[ANSWERS])


def test_a_secret_that_is_shown_once_is_kept_nowhere(client: Client) -> None:
    make_user("ada@example.com")
    client.post(reverse("account_login"), {"login": "ada@example.com", "password": PASSWORD})

    made = client.post(reverse("account-keys"), {"name": "Phone", "scopes": ["read"]}, headers=BROWSER)

    assert made.status_code == 200
    assert b"hf_" in made.content
    assert ANSWERS not in client.session


def test_forms_without_cookies_are_refused_on_the_spot() -> None:
    client = Client(enforce_csrf_checks=True)

    refused = client.post(reverse("find-my-booking"), {}, headers=BROWSER)

    assert refused.status_code == 403
    assert settings.SESSION_COOKIE_NAME not in client.cookies


def test_an_error_of_ours_is_not_sent_again_by_going_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object) -> None:
        raise RuntimeError

    client.raise_request_exception = False
    monkeypatch.setattr("storefront.my_bookings.lost_link.LostLinkForm", fails)
    address = fail(client)
    monkeypatch.undo()

    assert "Something went wrong on our side." in read(client, address)


def test_what_takes_no_form_says_so_itself(client: Client) -> None:
    refused = client.post("/", headers=BROWSER)
    assert (refused.status_code, ANSWERS in client.session) == (405, False)


def test_a_key_that_leads_to_nothing_leads_to_our_own_page_once(client: Client) -> None:
    for written in ("answer=gone", "%61nswer=gone", "answer=gone&%61nswe%72=gone"):
        led = client.get(f"/?{written}&party_size=2", headers=BROWSER)
        assert (led.status_code, led.headers["Location"]) == (302, "/?party_size=2")


def test_a_key_leads_to_no_other_website(client: Client) -> None:
    elsewhere = "//evil.example/a b?"  # as a server hands on what was asked for

    led = client.get("/", {"answer": "gone"}, PATH_INFO=elsewhere, headers=BROWSER)

    assert led.headers["Location"] == "/%2Fevil.example/a%20b%3F"
