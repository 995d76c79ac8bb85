"""The waitlist's pages: joining, one's place, answering an offer."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.services import cancel_reservation
from reservations.tests.api_helpers import post
from resources.models import Question, Resource
from tests.factories import book, make_resource, make_user, make_venue, open_weekly
from waitlist.enums import WaitlistStatus
from waitlist.links import entry_path, token_for
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.tests.helpers import day, join, offer

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PERSON = {"name": "Ada Wartner", "email": "ada@example.com", "phone": "+49 30 1234567"}


@pytest.fixture
def room() -> Resource:
    venue = make_venue(time_zone="Europe/Berlin")
    open_weekly(venue, time(8), time(22))
    return make_resource(venue, name="Green room")


@pytest.fixture
def user() -> User:
    return make_user("customer@example.com", first_name="Cleo")


def wish(**fields: Any) -> dict[str, Any]:
    return {
        "date": day().isoformat(),
        "earliest": "10:00",
        "latest": "12:00",
        "duration": "60",
        "party_size": "2",
        **PERSON,
        **fields,
    }


def join_page(room: Resource) -> str:
    return reverse("waitlist-join", args=[room.uuid])


def test_the_day_leads_to_the_waitlist_with_its_wish(client: Client, room: Resource) -> None:
    shown = client.get(
        reverse("resource-day", args=[room.uuid]), {"date": day().isoformat(), "duration": "90"}
    )
    address = f"{join_page(room)}?date={day():%Y-%m-%d}&amp;duration=90&amp;party_size=1"
    assert address in shown.content.decode()
    page = client.get(address.replace("&amp;", "&")).content.decode()
    assert f'value="{day():%Y-%m-%d}"' in page
    assert 'value="90"' in page


def test_a_guest_joins_and_sees_their_place(client: Client, room: Resource) -> None:
    join(room, customer=Customer(name="Earlier", email="earlier@example.com"))
    answer = client.post(join_page(room), wish(), follow=True)
    entry = WaitlistEntry.objects.get(customer_email="ada@example.com")
    assert answer.redirect_chain == [(entry_path(entry), 302)]
    assert "You're number 2 in line" in answer.content.decode()
    assert "starting between 10:00 and 12:00" in answer.content.decode()
    assert answer["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date", "yesterday"),
        ("date", ""),
        ("earliest", "25:00"),
        ("duration", "0"),
        ("party_size", "-3"),
        ("email", "nobody"),
        ("phone", "12"),
        ("name", ""),
    ],
)
def test_bad_input_stands_beside_its_field(client: Client, room: Resource, field: str, value: str) -> None:
    answer = client.post(join_page(room), wish(**{field: value}))
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert "Ada Wartner" in answer.content.decode() or field == "name"
    assert not WaitlistEntry.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"latest": "09:00"}, 400, "invalid"),
        ({"date": "2020-01-01"}, 400, "past"),
        ({"party_size": "5000"}, 400, "party_too_large"),
    ],
)
def test_what_the_rules_refuse_is_told(
    client: Client, room: Resource, fields: dict[str, str], status: int, code: str
) -> None:
    answer = client.post(join_page(room), wish(**fields))
    assert answer.status_code == status
    assert f'data-code="{code}"' in answer.content.decode()


def test_waiting_twice_is_told(client: Client, room: Resource) -> None:
    client.post(join_page(room), wish())
    again = client.post(join_page(room), wish())
    assert again.status_code == 409
    assert 'data-code="already_waiting"' in again.content.decode()


def test_another_persons_page_is_not_there(client: Client, room: Resource) -> None:
    entry, other = join(room), join(room, customer=Customer(name="B", email="b@example.com"))
    for token in ("0" * 32, token_for(other)):
        assert client.get(reverse("waitlist-entry", args=[entry.pk, token])).status_code == 404
        assert client.post(reverse("waitlist-leave", args=[entry.pk, token])).status_code == 404
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.WAITING


def answer_page(entry: WaitlistEntry, made: WaitlistOffer, name: str) -> str:
    return reverse(f"waitlist-{name}", args=[entry.pk, token_for(entry), made.pk])


def test_an_offer_is_shown_and_accepted(client: Client, room: Resource) -> None:
    entry = join(room)
    made = offer(entry)
    page = client.get(entry_path(entry)).content.decode()
    assert "A time opened up for you" in page
    assert client.get(answer_page(entry, made, "accept")).status_code == 405  # link scanners book nothing
    answer = client.post(answer_page(entry, made, "accept"), follow=True)
    made.reservation.refresh_from_db()
    assert made.reservation.status == Status.CONFIRMED
    assert made.reservation.code in answer.content.decode()
    assert "You've booked this" in client.get(entry_path(entry)).content.decode()


def test_whoever_accepts_answers_the_venues_questions(client: Client, room: Resource) -> None:
    question = Question.objects.create(venue=room.venue, text="Chairs?", is_required=True)
    room.venue.terms = "Be kind."
    room.venue.save()
    entry = join(room)
    made = offer(entry)
    page = client.get(entry_path(entry)).content.decode()
    assert "Chairs?" in page
    assert "Be kind." in page

    refused = client.post(answer_page(entry, made, "accept"))
    client.post(answer_page(entry, made, "accept"), {f"answer_{question.pk}": "4", "accept_terms": "on"})

    assert refused.status_code == 400
    assert refused.content.count(b'class="error"') == 2
    made.reservation.refresh_from_db()
    assert made.reservation.status == Status.CONFIRMED
    assert made.reservation.answers[0]["answer"] == "4"


def test_programs_accept_with_answers(client: Client, room: Resource) -> None:
    question = Question.objects.create(venue=room.venue, text="Chairs?", is_required=True)
    entry = join(room)
    address = f"/api/waitlist/{entry.pk}/offers/{offer(entry).pk}/accept?token={token_for(entry)}"

    refused = post(client, address)
    accepted = post(client, address, {"answers": [{"question_id": question.pk, "answer": "4"}]})

    assert (refused.status_code, refused.json()["code"]) == (400, "answer_needed")
    assert (accepted.status_code, accepted.json()["status"]) == (200, "booked")


def test_a_declined_offer_goes_on_and_the_place_stays(client: Client, room: Resource) -> None:
    entry = join(room)
    made = offer(entry)
    answer = client.post(answer_page(entry, made, "decline"), follow=True)
    made.reservation.refresh_from_db()
    assert made.reservation.status == Status.EXPIRED
    assert "You're first in line" in answer.content.decode()


def test_an_offer_that_ran_out_is_told(client: Client, room: Resource) -> None:
    entry = join(room)
    made = offer(entry)
    WaitlistOffer.objects.update(deadline_at=made.deadline_at - timedelta(days=1))
    answer = client.post(answer_page(entry, made, "accept"))
    assert answer.status_code == 409
    assert 'data-code="offer_expired"' in answer.content.decode()


def test_somebody_elses_offer_is_not_there(client: Client, room: Resource) -> None:
    entry, other = join(room), join(room, customer=Customer(name="B", email="b@example.com"))
    made = offer(other)
    for name in ("accept", "decline"):
        assert client.post(answer_page(entry, made, name)).status_code == 404
    made.refresh_from_db()
    assert made.outcome == WaitlistOffer.Outcome.OPEN


def test_leaving(client: Client, room: Resource) -> None:
    entry = join(room)
    answer = client.post(reverse("waitlist-leave", args=[entry.pk, token_for(entry)]), follow=True)
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.LEFT
    assert "You've left this waitlist" in answer.content.decode()


def test_ones_own_waitlist(client: Client, room: Resource, user: User) -> None:
    assert client.get(reverse("my-waitlist")).status_code == 302
    mine = join(room, customer=Customer.from_user(user), actor=Actor(user))
    join(room, customer=Customer(name="B", email="b@example.com"))
    client.force_login(user)
    page = client.get(reverse("my-waitlist")).content.decode()
    assert page.count('<li class="card own-row"') == 1
    assert entry_path(mine) in page
    assert "Number 1 in line" in page


def test_ones_own_waitlist_takes_as_many_queries_for_three_as_for_one(
    client: Client, room: Resource, user: User, django_assert_num_queries: Any
) -> None:
    client.force_login(user)
    join(room, customer=Customer.from_user(user), actor=Actor(user))
    with django_assert_num_queries(7):
        client.get(reverse("my-waitlist"))
    for days in (8, 9):
        other = join(room, customer=Customer.from_user(user), actor=Actor(user), preferred_on=day(days))
    offer(other)
    with django_assert_num_queries(7):
        client.get(reverse("my-waitlist"))


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_booking_is_offered_on_the_page(client: Client, room: Resource) -> None:
    booked = book(room)
    entry = join(room, preferred_on=booked.local_start.date(), duration=60)
    cancel_reservation(reservation_id=booked.pk, actor=Actor())
    assert "A time opened up for you" in client.get(entry_path(entry)).content.decode()


def test_open_offers_stand_above_ones_bookings(client: Client) -> None:
    me, other = make_user(), make_user()
    mine, others = (join(make_resource(), customer=Customer.from_user(each)) for each in (me, other))
    held, _theirs = offer(mine), offer(others)
    client.force_login(me)

    html = client.get("/my/").content.decode()

    assert "We're holding a time for you" in html
    accept = reverse("waitlist-accept", args=[mine.pk, token_for(mine), held.pk])
    assert accept in html
    assert str(others.pk) not in html
    client.post(accept)
    assert "We're holding a time for you" not in client.get("/my/").content.decode()
