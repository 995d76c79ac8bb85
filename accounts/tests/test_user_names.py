"""Names of people become user names, and open the door like those."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.services.registering import free_user_name
from accounts.tests.api_helpers import NEW, post, verified_user
from accounts.user_names import LONGEST, to_user_name
from tests.factories import PASSWORD, make_user


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("John Doe", "john.doe"),
        ("  John\u00a0\u2003Doe ", "john.doe"),
        ("john.doe", "john.doe"),
        ("J. R. R. Tolkien", "j.r.r.tolkien"),
        ("Conan O'Brien", "conan.obrien"),
        ("Jean-Luc Picard", "jean-luc.picard"),
        ("José García", "josé.garcía"),
        ("Jose\u0301 Garci\u0301a", "josé.garcía"),
        ("ÖMER ŞAHİN", "ömer.şahin"),
        ("Groß", "gross"),
        ("李 小龙", "李.小龙"),
        ("Ｊｏｈｎ Doe", "john.doe"),
        ("Анна Каренина", "анна.каренина"),
        ("ada@example.com", ""),
        ("<b>", "b"),
        ("-- ..", ""),
        ("\u3164\u115f", ""),
        ("👩\u200d👧", ""),
        ("", ""),
    ],
)
def test_what_is_made_of_a_name(name: str, made: str) -> None:
    assert to_user_name(name) == made


@given(st.text(max_size=300))
def test_whatever_is_made_is_a_user_name_and_stays_it(name: str) -> None:
    made = to_user_name(name)
    assert len(made) <= LONGEST
    assert to_user_name(made) == made
    if made:
        User._meta.get_field("username").run_validators(made)


@pytest.mark.django_db
@pytest.mark.once
def test_whoever_gives_a_name_signs_in_with_it(client: Client) -> None:
    found = post(client, "register", NEW | {"name": "John Doe"}).json()["user"]
    assert (found["username"], found["first_name"], found["last_name"]) == ("john.doe", "John", "Doe")
    for login in ({"login": "John Doe"}, {"username": " john  DOE"}, {"email": "john.doe"}):
        answer = post(Client(), "login", login | {"password": PASSWORD})
        assert (answer.status_code, answer.json().get("user", {}).get("id")) == (200, found["id"]), login
    both = {"username": "John Doe", "email": NEW["email"], "password": PASSWORD}
    assert post(Client(), "login", both).status_code == 200
    assert Client().login(username="John Doe", password=PASSWORD)


@pytest.mark.django_db
@pytest.mark.once
def test_accents_and_capitals_of_any_script_sign_in(client: Client) -> None:
    post(client, "register", NEW | {"full_name": "Ömer Şahin"})
    for login in ("ÖMER ŞAHİN", "O\u0308mer S\u0327ahin", "ömer.şahin", "ÖMER.ŞAHİN"):
        assert post(Client(), "login", {"login": login, "password": PASSWORD}).status_code == 200, login


def named(number: int) -> str:
    """The user name that one more John Doe gets."""
    body = {**NEW, "email": f"{number}@example.com", "name": "John Doe"}
    return str(post(Client(), "register", body).json()["user"]["username"])


@pytest.mark.django_db
def test_a_second_of_that_name_gets_a_number_and_opens_only_their_own_account(client: Client) -> None:
    make_user("first@example.com", username="John.Doe")
    assert [named(number) for number in range(2)] == ["john.doe2", "john.doe3"]

    answer = post(client, "login", {"login": "John Doe", "password": PASSWORD})
    assert answer.json()["user"]["email"] == "first@example.com"  # the same password; the name is the first's
    mixed = {"username": "John Doe", "email": "1@example.com", "password": PASSWORD}
    assert post(Client(), "login", mixed).status_code == 401


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.parametrize("more", [{"username": None}, {"username": ""}, {"name": "🙂"}, {"name": ""}])
def test_nobody_gets_a_user_name_against_their_will_or_of_nothing(
    client: Client, more: dict[str, str]
) -> None:
    found = post(client, "register", NEW | {"name": "John Doe"} | more).json()["user"]
    assert found["username"] is None


@pytest.mark.django_db
@pytest.mark.once
def test_a_user_name_of_ones_own_is_kept_as_it_is(client: Client) -> None:
    found = post(client, "register", NEW | {"name": "John Doe", "username": "Jonny"}).json()["user"]
    assert (found["username"], found["name"]) == ("Jonny", "John Doe")


@pytest.mark.django_db
def test_of_hundreds_of_one_name_each_gets_one() -> None:
    User.objects.bulk_create(
        [User(email=f"{n}@example.com", username=f"john.doe{n if n > 1 else ''}") for n in range(1, 100)]
    )
    assert free_user_name("John Doe").removeprefix("john.doe").isdigit()


@pytest.mark.django_db(transaction=True)
def test_two_of_one_name_at_once_both_get_an_account() -> None:
    rivals = 4
    start = threading.Barrier(rivals)

    def attempt(number: int) -> str:
        try:
            start.wait()
            return named(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(rivals) as pool:
        names = sorted(pool.map(attempt, range(rivals)))
    assert names == ["john.doe", "john.doe2", "john.doe3", "john.doe4"]


@pytest.mark.django_db
@pytest.mark.once
def test_wrong_passwords_count_for_the_account_whichever_of_its_names_is_tried() -> None:
    verified_user(email="ada@example.com", username="ada.lovelace")
    tries = (
        "Ada Lovelace",
        "ada.lovelace",
        "ADA  LOVELACE",
        "ada@example.com",
        "Ada Lovelace",
        "Ada Lovelace",
    )
    statuses = [post(Client(), "login", {"login": name, "password": "wrong"}).status_code for name in tries]
    assert statuses == [401] * 5 + [429]
