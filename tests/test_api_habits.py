"""What every address of the API, and every page, does alike."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from notifications.models import Message
from notifications.tests.helpers import send_all
from reservations.links import token_for
from reservations.tests.api_helpers import local, post, wanted
from tests.factories import book, make_resource, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.once
@override_settings(API_RATES={"read_guest": "1/h"})
def test_what_is_left_of_an_allowance_is_never_less_than_nothing(client: Client) -> None:
    left = [client.get("/api/venues")["RateLimit-Remaining"] for _time in range(4)]
    assert set(left[1:]) == {"0"}


@pytest.mark.once
def test_pages_are_numbers(client: Client) -> None:
    for query in ("page_size=abc", "page_size=0", "page_size=-1", "page=abc", "page=0", "page=1.5"):
        answer = client.get(f"/api/venues?{query}")
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [query.split("=")[0]]), query
    for query, status in (("page_size=9999", 200), ("page_size=&page=", 200), ("page=99", 404)):
        assert client.get(f"/api/venues?{query}").status_code == status, query


@pytest.mark.once
def test_the_index_leads_to_what_there_is(client: Client) -> None:
    index = client.get("/api/").json()
    assert {"schema", "docs", "search", "reservations"} <= index.keys()
    for name, address in index.items():
        if name not in ("schema", "docs"):
            assert client.get(address).status_code in (200, 401), address


@pytest.mark.once
def test_pages_answer_head_like_get(client: Client) -> None:
    reservation = book(make_resource())
    room = reservation.items.all()[0].resource
    manage = f"/bookings/{reservation.pk}/{token_for(reservation)}/"
    for page in (
        "/",
        "/find-my-booking/",
        reverse("resource-day", args=[room.uuid]),
        manage,
        f"{manage}reschedule/",
    ):
        got, head = client.get(page), client.head(page)
        assert (got.status_code, head.status_code, head.content) == (200, 200, b""), page


def test_many_questions_name_date_and_time_as_one_does(client: Client) -> None:
    room = make_resource()
    book(room, local(7, 10))
    day = f"{local(7):%Y-%m-%d}"
    probes = [{"resource_id": room.slug, "date": day, "time": time} for time in ("10:00", "15:00")]
    answer = post(client, "/api/availability", {"probes": probes}).json()
    assert [result["available"] for result in answer["results"]] == [False, True]
    refused = post(client, "/api/availability", {"probes": [{"resource_id": room.slug, "date": day}]})
    assert list(refused.json()["fields"]) == ["probes.0.time"]


def test_a_guest_is_sent_a_lost_link_again(client: Client, mailoutbox: list[EmailMessage]) -> None:
    made = post(client, "/api/reservations", wanted(make_resource())).json()
    Message.objects.all().delete()
    lost = {"code": made["code"].lower(), "email": "ADA@example.com"}
    for body in (lost | {"email": "eve@example.com"}, lost | {"code": "NOSUCH"}):
        answer = post(client, "/api/reservations/recover", body)
        assert (answer.status_code, answer.json()) == (202, {"success": True})
    assert not Message.objects.exists()

    assert post(client, "/api/reservations/recover", lost).json() == {"success": True}
    send_all()
    (mail,) = mailoutbox
    assert (mail.to, made["manage_token"] in mail.body) == (["Ada Lovelace <ada@example.com>"], True)


def test_without_a_date_it_is_today_at_the_venue(client: Client) -> None:
    """At least one of these days is not UTC's."""
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        venue = make_venue(time_zone=zone)
        open_always(venue)
        make_resource(venue)
        today = datetime.now(tz=ZoneInfo(zone)).date().isoformat()
        for address in ("/api/search?days=2&available_only=true", "/api/calendar?view=day"):
            narrowed = f"{address}&venue={venue.slug}"
            answer = client.get(narrowed).json()
            assert answer["count"] == 1
            assert answer == client.get(f"{narrowed}&date={today}").json(), address


def test_what_no_view_was_asked_about_is_refused_in_the_form_of_the_api() -> None:
    """By middleware: an unknown host, a missing CSRF token of allauth's own API."""
    signing_in = "/api/auth/browser/v1/auth/login"
    for address, answer in (
        ("/api/venues", Client(headers={"host": "evil.example"}).get("/api/venues")),
        (signing_in, Client(enforce_csrf_checks=True).post(signing_in, {}, "application/json")),
    ):
        code = {400: "malformed", 403: "csrf_failed"}[answer.status_code]
        assert (answer.json()["code"], answer.json()["request_id"]) == (code, answer["X-Request-Id"]), address
    page = Client(headers={"host": "evil.example"}).get("/")
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")
