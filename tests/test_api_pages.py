"""Pages of long lists: cursors, where numbers end, and counts that are estimates."""

from datetime import time
from typing import Any

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test import Client

from common import api_pages, counting
from common.cursors import page_by_cursor
from reservations.models import Reservation
from resources.models import AvailabilityOverride, Resource
from tests.factories import at, book, make_resource, make_user

pytestmark = pytest.mark.django_db
LIST = "/api/reservations"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_user(is_superuser=True))
    return client


@pytest.fixture
def room() -> Resource:
    return make_resource(units=9)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists as long as others of more than 10,000 are."""
    monkeypatch.setattr(counting, "COUNTED", 4)
    monkeypatch.setattr(api_pages, "COUNTED", 4)


def read(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()


def codes(page: Any) -> list[str]:
    return [row["code"] for row in page["results"]]


def refusal(client: Client, query: str) -> list[str]:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 400, answer.content
    return list(answer.json()["fields"])


def test_what_comes_and_goes_meanwhile_moves_no_page(staff: Client, room: Resource) -> None:
    rows = [book(room, at(hour=hour)) for hour in (9, 10, 10, 10, 11)]  # ties go by the key
    first = read(staff, f"{LIST}?pagination=cursor&page_size=3")
    book(room, at(hour=8))
    Reservation.objects.filter(pk=rows[1].pk).update(starts_at=at(hour=7))
    second = read(staff, first["next"])
    assert [codes(first), codes(second)] == [[row.code for row in rows[:3]], [row.code for row in rows[3:]]]
    assert (second["next"], second["count"]) == (None, 6)


def test_an_empty_cursor_begins_a_list(staff: Client, room: Resource) -> None:
    book(room)
    assert read(staff, f"{LIST}?cursor=") == read(staff, f"{LIST}?pagination=cursor") == read(staff, LIST)


@pytest.mark.once
def test_cursors_go_with_any_order(staff: Client, room: Resource) -> None:
    rows = [book(room, at(hour=hour)) for hour in (9, 9, 10, 11, 12)]
    for order in ("-date", "status", "-price", "code", "-code", "created_at", "-party_size"):
        whole = read(staff, f"{LIST}?ordering={order}")
        page = read(staff, f"{LIST}?ordering={order}&cursor=&page_size=2")
        shown = codes(page)
        while page["next"]:
            page = read(staff, page["next"])
            shown += codes(page)
        assert (shown, len(shown)) == (codes(whole), len(rows)), order


def test_ties_of_any_list_are_settled_by_the_key(room: Resource) -> None:
    rows = [book(room, at(hour=hour)) for hour in (9, 10, 11)]
    shown: list[Any] = []
    text: str | None = ""
    while text is not None:
        page = page_by_cursor(Reservation.objects.order_by("-party_size"), text, 1)
        shown += page.rows
        text = page.next
    assert shown == rows


def test_rows_without_a_value_have_their_place(staff: Client, room: Resource) -> None:
    """Whole days have no time: SQLite puts them before the others, PostgreSQL behind."""
    for start in (time(9), None, time(8), None, time(10)):
        AvailabilityOverride.objects.create(
            venue=room.venue,
            resource=room,
            starts_on=at().date(),
            ends_on=at().date(),
            start_time=start,
            end_time=start and time(12),
        )
    path = f"/api/overrides?venue={room.venue.slug}"
    whole = [row["id"] for row in read(staff, path)["results"]]
    page, shown = read(staff, f"{path}&pagination=cursor&page_size=1"), []
    while page["next"]:
        shown += [row["id"] for row in page["results"]]
        page = read(staff, page["next"])
    back = []
    while page["previous"]:
        back += [row["id"] for row in page["results"]]
        page = read(staff, page["previous"])
    assert (shown, back[::-1], len(whole)) == (whole[:-1], whole[1:], 5)


@pytest.mark.once
def test_cursors_of_others_are_refused(staff: Client, room: Resource) -> None:
    for _number in range(3):
        book(room)
    following = read(staff, f"{LIST}?pagination=cursor&page_size=1")["next"]
    own = following.partition("cursor=")[2].partition("&")[0]
    forged = Signer(salt="another").sign_object(["starts_at,id", 0, ["x", "y"]])
    for text in ("x", "a:b", "%00", own[:-1] + "%20", own[2:], "9" * 2000, "%ED%A0%80", forged):
        assert refusal(staff, f"cursor={text}") == ["cursor"], text
    assert refusal(staff, f"cursor={own}&ordering=-date") == ["cursor"]
    assert refusal(staff, f"cursor={own}&page=2") == ["page"]
    assert refusal(staff, f"cursor={own}&pagination=page") == ["cursor"]
    assert refusal(staff, "pagination=offset") == ["pagination"]


@pytest.mark.once
def test_cursors_of_other_lists_are_refused(staff: Client, room: Resource) -> None:
    """Lists in the order of the same names may hold values of other kinds under them."""
    for _number in range(2):
        book(room)
    first = read(staff, f"{LIST}?ordering=-created_at&pagination=cursor&page_size=1")
    cursor = first["next"].partition("cursor=")[2].partition("&")[0]
    for path in (
        "/api/auth/keys?",
        "/api/waitlist?ordering=-created_at&",
        "/api/resources?ordering=-created_at&",
    ):
        answer = staff.get(f"{path}cursor={cursor}")
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["cursor"]), path


def test_numbers_end_where_counting_does_and_lead_on(staff: Client, room: Resource, few: None) -> None:
    rows = [book(room, at(hour=hour)) for hour in range(7, 13)]
    last = read(staff, f"{LIST}?page=2&page_size=2")
    assert codes(last) == [row.code for row in rows[2:4]]
    beyond = read(staff, last["next"])
    assert (codes(beyond), beyond["next"]) == ([row.code for row in rows[4:]], None)
    assert codes(read(staff, beyond["previous"])) == codes(last)
    assert refusal(staff, "page=3&page_size=2") == ["page"]
    text = staff.get(f"{LIST}?page=3&page_size=2").json()["error"]
    assert "pagination=cursor" in text


def test_counts_are_exact_until_they_are_estimates(staff: Client, room: Resource, few: None) -> None:
    for hour in range(7, 11):
        book(room, at(hour=hour))
    exact = read(staff, f"{LIST}?page_size=1")
    assert (exact["count"], exact["count_is_estimate"]) == (4, False)
    for hour in range(11, 17):
        book(room, at(hour=hour))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE reservations_reservation")
    for query in ("page_size=1", "page_size=1&pagination=cursor"):
        estimated = read(staff, f"{LIST}?{query}")
        most = 10 if connection.vendor == "postgresql" else 5
        assert (estimated["count"], estimated["count_is_estimate"]) == (most, True)
