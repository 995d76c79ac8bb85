"""From the hold to the booking: the countdown, more things, more time, and the end of a hold."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from common.qr import qr_svg
from reservations.domain.values import Actor
from reservations.enums import Status
from reservations.links import manage_path
from reservations.models import Reservation
from reservations.services import cancel_reservation, decline_reservation
from resources.enums import Approval, Role
from resources.map_links import map_link
from resources.models import Question, Resource
from storefront.manage.calendar_links import calendar_links
from storefront.tests.page_steps import GUEST, expire, page, post_hold
from tests.factories import (
    at,
    book,
    hold,
    make_member,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    venue = make_venue(street="Mühlenweg 4", postal_code="13187", city="Berlin")
    open_always(venue)
    return make_resource(venue, name="Blue room")


def beside(room: Resource, **fields: Any) -> Resource:
    return make_resource(room.venue, rules=room.rules, **fields)


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def test_until_when_it_is_held_is_said_without_a_script(client: Client, room: Resource) -> None:
    held = hold(room)
    assert held.expires_at is not None
    until = held.expires_at.astimezone(room.venue.zone)

    shown = text(client.get(page("reservation-details", held)))

    assert f"for you until {until:%H:%M} (Berlin time)" in shown
    assert f'data-countdown="{until.isoformat()}"' in shown
    assert re.search(
        r"data-countdown-more hidden>\s*<strong>Need more time\?", shown
    )  # it is as long as it can be now


def test_a_hold_is_kept_longer_while_it_may_and_keeps_what_was_typed(client: Client, room: Resource) -> None:
    held = hold(room)
    earlier = held.created_at - timedelta(minutes=5)
    Reservation.objects.filter(pk=held.pk).update(
        created_at=earlier, expires_at=datetime.now(UTC) + timedelta(minutes=5)
    )
    details = page("reservation-details", held)
    assert re.search(r"data-countdown-more\s*>", text(client.get(details)))

    answer = client.post(page("reservation-extend", held), GUEST | {"name": "Ada Typed"}, follow=True)

    held.refresh_from_db()
    assert held.expires_at is not None
    assert held.expires_at > datetime.now(UTC) + timedelta(minutes=9)
    assert "Ada Typed" in text(answer)
    assert "We&#x27;ll hold your time a little longer." in text(answer)
    old = datetime.now(UTC) - timedelta(minutes=29)
    Reservation.objects.filter(pk=held.pk).update(created_at=old)
    assert "Hold it longer" not in text(client.get(details))
    assert "can&#x27;t be extended" in text(client.post(page("reservation-extend", held), follow=True))


def test_something_comes_along_and_stays_out_again(client: Client, room: Resource) -> None:
    drinks = beside(room, name="Drinks", units=9, kind="equipment")
    Question.objects.create(venue=room.venue, resource=drinks, text="Still or sparkling?")
    held = hold(room)
    form = GUEST | {"name": "Ada Typed", "add": str(drinks.uuid), f"quantity-{drinks.uuid}": "2"}

    added = text(client.post(page("reservation-add", held), form, follow=True))
    held.refresh_from_db()
    way = page("reservation-remove", held)
    assert f'formaction="{way}"' in client.get(page("reservation-details", held)).content.decode()
    removed = text(client.post(way, {"remove": str(drinks.uuid)}, follow=True))
    assert f'formaction="{way}"' not in client.get(page("reservation-details", held)).content.decode()

    assert "Drinks added." in added
    assert "Still or sparkling?" in added
    assert "Ada Typed" in added
    assert "2 × <strong>Drinks</strong>" in added
    assert str(held.total_amount) == "75.0000"
    assert "Drinks removed." in removed
    assert [item.resource_id for item in held.items.all()] == [room.pk]


def test_what_cannot_come_along_is_told_and_changes_nothing(client: Client, room: Resource) -> None:
    taken, elsewhere = beside(room, name="Green room"), make_resource()
    held = hold(room)
    book(taken)

    told = text(client.post(page("reservation-add", held), {"add": str(taken.uuid)}, follow=True))

    assert "Green room: This time is already taken." in told
    for odd in (str(elsewhere.uuid), "x", ""):
        assert client.post(page("reservation-add", held), {"add": odd}).status_code == 404
        assert client.post(page("reservation-remove", held), {"remove": odd}).status_code == 404
    for many in ("0", "-1", "x", "9" * 40, "²"):
        odd_form = {"add": str(taken.uuid), f"quantity-{taken.uuid}": many}
        assert client.post(page("reservation-add", held), odd_form).status_code == 302
    assert held.items.count() == 1


def test_enter_books_and_adds_nothing(client: Client, room: Resource) -> None:
    """A form's first button is the one that Enter presses."""
    beside(room)
    shown = text(client.get(page("reservation-details", hold(room))))

    buttons = shown.split("<button")[1:]
    first = next(each for each in buttons if 'form="details"' in each)
    assert "formaction" not in first.split(">")[0]


def test_a_hold_that_ran_out_can_be_held_again_with_everything_typed(client: Client, room: Resource) -> None:
    other = beside(room)
    post_hold(client, room, at(3))
    held = Reservation.objects.get()
    client.post(page("reservation-add", held), GUEST | {"name": "Ada Typed", "add": str(other.uuid)})
    expire(held)

    over = client.get(page("reservation-details", held))
    answers = [client.post(page("reservation-again", held)) for _click in range(2)]

    assert "Your hold has expired" in text(over)
    assert "Book this time" in text(over)
    new = Reservation.objects.latest("created_at")
    assert [answer.headers["Location"] for answer in answers] == [page("reservation-details", new)] * 2
    assert (new.items.count(), new.starts_at, Reservation.objects.count()) == (2, held.starts_at, 2)
    assert "Ada Typed" in text(client.get(page("reservation-details", new)))


def test_a_lost_time_offers_others_as_buttons_that_hold(client: Client, room: Resource) -> None:
    held = hold(room, at(3, 10))
    expire(held)
    book(room, at(3, 10))

    over = client.get(page("reservation-details", held))
    refused = client.post(page("reservation-again", held))

    assert "This time is already taken." in text(over)
    assert refused.status_code == 409
    near = over.context["near"]
    assert near
    assert f'value="{near[0].isoformat()}"' in text(over)
    form = {"start": near[0].isoformat(), "duration": 60, "party_size": 1, "quantity": 1}
    assert "/details/" in client.post(reverse("hold", args=[room.uuid]), form).headers["Location"]


def test_a_swept_hold_says_the_same_and_a_booking_needs_no_second_hold(
    client: Client, room: Resource
) -> None:
    swept, booked = hold(room), book(room, at(9))
    client.post(page("reservation-release", swept))

    assert "Book this time" in text(client.get(page("reservation-details", swept)))
    assert "Check availability" in text(client.get(page("reservation-manage", swept)))
    client.post(page("reservation-again", booked))
    assert Reservation.objects.count() == 2


def test_deposit_and_rest_are_told_apart(client: Client, room: Resource) -> None:
    room.rules.deposit_percent = 40
    room.rules.save()

    shown = text(client.get(page("reservation-details", hold(room))))

    assert "€10.00" in shown
    assert "€15.00" in shown
    assert "Pay it at the venue to confirm your booking" in shown


def test_guests_are_invited_to_sign_in_and_come_back(client: Client, room: Resource) -> None:
    held = hold(room)
    details = page("reservation-details", held)
    assert f"/accounts/login/?next={details}" in text(client.get(details))

    client.force_login(make_user("ada@example.com", first_name="Ada", last_name="Account"))
    shown = text(client.get(details))

    assert "Ada Account" in shown
    assert "Or continue as a guest" not in shown


def test_a_refused_answer_stands_beside_its_question(client: Client, room: Resource) -> None:
    question = Question.objects.create(
        venue=room.venue, text="Seats?", kind="choice", choices="A\nB", is_required=True
    )
    held = hold(room)

    for given in ({}, {f"answer_{question.pk}": "C"}):
        refused = client.post(page("reservation-details", held), GUEST | given)
        assert refused.status_code == 400
        assert refused.content.count(b'class="error"') == 1
    client.post(page("reservation-details", held), GUEST | {f"answer_{question.pk}": "B"})

    manage = text(client.get(page("reservation-manage", held)))
    assert re.search(r"<dt>Seats\?</dt>\s*<dd>\s*B\s*</dd>", manage)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Status.CONFIRMED, "You're booked"),
        (Status.CHECKED_IN, "You're checked in."),
        (Status.COMPLETED, "Thanks for coming."),
        (Status.NO_SHOW, "You were marked as a no-show"),
    ],
)
def test_every_state_is_explained(client: Client, room: Resource, status: str, sentence: str) -> None:
    booked = book(room)
    Reservation.objects.filter(pk=booked.pk).update(status=status)

    assert sentence in text(client.get(page("reservation-manage", booked)))


def test_states_that_need_a_reason_or_an_answer(client: Client, room: Resource) -> None:
    cancelled = book(room)
    cancel_reservation(reservation_id=cancelled.pk, actor=Actor(), reason="Flu & fever")
    asks = make_resource(room.venue, rules=make_rules(room.venue, approval=Approval.MANUAL))
    pending, declined = book(asks), book(asks, at(8))
    decline_reservation(reservation_id=declined.pk, actor=Actor(), reason="Closed")
    unpaid = make_resource(room.venue, rules=make_rules(room.venue, deposit_percent=40))

    for reservation, sentence in (
        (cancelled, "Reason: Flu &amp; fever"),
        (pending, "We've sent your request."),
        (declined, "Reason: Closed"),
        (book(unpaid, at(9)), "Pay the venue a deposit of €10.00."),
        (hold(room, at(9)), "It isn't booked yet."),
    ):
        assert sentence in text(client.get(page("reservation-manage", reservation)))


def test_the_code_leads_back_to_the_booking(client: Client, room: Resource) -> None:
    booked = book(room)

    picture = client.get(page("reservation-qr", booked))
    wrong = client.get(reverse("reservation-qr", args=[booked.pk, "0" * 32]))

    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture.headers["Cache-Control"]
    assert "style" not in text(picture)
    assert text(picture) == qr_svg(f"{settings.SITE_URL}{manage_path(booked)}")
    assert text(picture) != qr_svg(f"{settings.SITE_URL}{manage_path(book(room, at(8)))}")
    assert wrong.status_code == 404


def test_the_ticket_is_for_what_is_coming(client: Client, room: Resource) -> None:
    booked = book(room)
    shown = text(client.get(page("reservation-ticket", booked)))
    assert booked.code in shown
    assert re.search(r"Mühlenweg 4\s*<br>\s*13187 Berlin", shown)

    cancel_reservation(reservation_id=booked.pk, actor=Actor())
    assert client.get(page("reservation-ticket", booked)).status_code == 302


@pytest.mark.usefixtures("early_2027")
def test_links_to_calendars_carry_utc_times_and_no_secret(client: Client, room: Resource) -> None:
    start = datetime(2027, 7, 1, 10, tzinfo=UTC)
    booked = book(room, start, minutes=90)
    links = dict(calendar_links(booked))

    shown = {name: parse_qs(urlsplit(address).query) for name, address in links.items()}

    assert shown["Google"]["dates"] == ["20270701T100000Z/20270701T113000Z"]
    assert shown["Outlook.com"]["startdt"] == shown["Office 365"]["startdt"] == ["2027-07-01T10:00:00Z"]
    assert (shown["Yahoo"]["st"], shown["Yahoo"]["et"]) == (["20270701T100000Z"], ["20270701T113000Z"])
    assert shown["Google"]["location"] == [f"{room.venue.name}, Mühlenweg 4, 13187 Berlin"]
    assert not [address for address in links.values() if page("reservation-manage", booked) in address]
    assert "+" not in links["Outlook.com"]
    page_text = text(client.get(page("reservation-manage", booked)))
    assert page_text.count('rel="noopener noreferrer"') == 5
    assert reverse("reservation-event", args=page("reservation-manage", booked).split("/")[2:4]) in page_text
    assert "13187%20Berlin" in map_link(room.venue)


def test_staff_find_the_way_into_the_admin(client: Client, room: Resource) -> None:
    booked = book(room)
    assert "Open in the admin" not in text(client.get(page("reservation-manage", booked)))
    client.force_login(make_member(room.venue, Role.STAFF))
    assert "Open in the admin" in text(client.get(page("reservation-manage", booked)))
