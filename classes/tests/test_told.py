"""Where it is, and how it is paid: what people are told of a booking by its pages, by mail and by iCal."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from calendars.feeds import FeedPeriod, read_state, write_feed
from calendars.models import CalendarFeed
from classes.drafts import TierDraft
from classes.enums import PlaceKind, TierPays
from classes.models import SeatBooking, Session
from classes.policies.plans import Term
from classes.services import (
    SessionChanges,
    cancel_booking,
    cancel_session,
    change_session,
    hold_seat,
    resize_booking,
)
from classes.tests.helpers import STAFF, House, make_house, take
from common.clock import now
from notifications.tests.helpers import send_all
from reservations.domain.values import Actor, Customer
from reservations.links import manage_path, token_for
from reservations.services import record_payment
from tests.factories import at, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
STREET = "Seestraße 1"
ADA = Customer(None, "Ada", "ada@example.com")
BOTH = Term(Decimal(40), days_before=30), Term(Decimal(60), days_before=5)


@pytest.fixture
def house() -> House:
    return make_house(street=STREET, city="Berlin", latitude=52, longitude=13)


def read(address: str) -> str:
    page = Client().get(address).content.decode()
    return " ".join(page.split("<main")[1].split("</main>")[0].split())


def mails_to(address: str) -> list[str]:
    mail.outbox.clear()
    send_all()
    return [str(each.body) for each in mail.outbox if address in each.to[0]]


def event_of(seat: SeatBooking) -> str:
    row = seat.reservation
    address = reverse("reservation-event", args=[row.pk, token_for(row)])
    return Client().get(address).content.decode().replace("\r\n ", "")


def feed_of(seat: SeatBooking) -> str:
    assert seat.customer
    feed = CalendarFeed.objects.create(kind="customer", owner=seat.customer)
    period = FeedPeriod.around(now())
    text = b"".join(write_feed(feed, period, read_state(feed, period))).decode()
    return text.replace("\r\n ", "")


@pytest.mark.parametrize(
    ("kind", "words"),
    [(PlaceKind.ONLINE, "Online"), (PlaceKind.OFF_SITE, "Not at the studio. The description says where.")],
)
def test_nobody_is_sent_to_a_studio_where_nothing_takes_place(
    house: House, kind: PlaceKind, words: str
) -> None:
    session = house.add_session(place=None, place_kind=kind)
    seat, theirs = take(session, ADA), take(session, make_user())
    held = hold_seat(session_id=session.pk, actor=Actor(), customer=None, quantity=1).reservation
    page = read(manage_path(seat.reservation))
    assert (words in page, STREET in page, "Directions" in page) == (True, False, False)
    ticket = read(reverse("reservation-ticket", args=[seat.reservation.pk, token_for(seat.reservation)]))
    assert (words in ticket, STREET in ticket) == (True, False)
    assert words in read(reverse("reservation-details", args=[held.pk, token_for(held)]))
    (told,) = mails_to(ADA.email)
    details = told.split("What:")[1].split("Add to calendar")[0]
    assert (f"Where: {words}" in details, STREET in told, "View map" in told) == (True, False, False)
    for calendar in (event_of(seat), feed_of(theirs)):
        assert (f"LOCATION:{words}" in calendar, STREET in calendar) == (True, False)


def test_at_the_studio_people_are_told_the_room(house: House) -> None:
    seat = take(house.add_session(), ADA)
    page = read(manage_path(seat.reservation))
    assert (f"Lake, {house.venue.name}, {STREET}" in page, "Directions" in page) == (True, True)
    (told,) = mails_to(ADA.email)
    assert f"Where: Lake, {house.venue.name}, {STREET}, Berlin" in told


def test_a_session_that_moves_online_says_so_without_the_address(house: House) -> None:
    session = house.add_session()
    take(session, ADA)
    mails_to(ADA.email)
    online = house.add_session(at(9), place=None, place_kind=PlaceKind.ONLINE).place
    change_session(session_id=session.pk, changes=SessionChanges(place=online), actor=STAFF)
    (told,) = mails_to(ADA.email)
    assert ("Where: Online" in told, STREET in told) == (True, False)


def test_who_is_cancelled_with_the_class_reads_that_it_does_not_take_place(house: House) -> None:
    session = house.add_session()
    bob = Customer(name="Bob", email="bob@example.com")
    seats = take(session, ADA), take(session, bob)
    mails_to(ADA.email)
    cancel_booking(booking_id=seats[1].pk, actor=STAFF)
    (own,) = mails_to(bob.email)
    cancel_session(session_id=session.pk, actor=STAFF)
    (told,) = mails_to(ADA.email)
    off = f"{session.title} doesn't take place. "
    assert (off in told, off in own) == (True, False)


def add_retreat(house: House) -> Session:
    tiers = [TierDraft("Cabin", Decimal("299.99"), 4, pays=TierPays.BOTH)]
    return house.add_session(
        at(40), minutes=2880, session_type="retreat", price=Decimal(0), tiers=tiers, plan=BOTH
    )


def test_instalments_are_said_before_and_after_booking(house: House) -> None:
    session = add_retreat(house)
    choice = {"tier_id": session.tiers.get().pk, "pays_plan": True}
    seat = take(session, ADA, **choice)
    first, second = (f"{each.amount:.2f}" for each in seat.instalments.order_by("position"))
    row = seat.reservation
    page = read(manage_path(row))
    assert (f"€{first}" in page, f"€{second}" in page) == (True, True)
    assert ("Still to pay" in page, "Due at the venue" in page) == (True, False)
    assert f"{session.title} · Cabin" in page
    assert f'href="{reverse("classes-session", args=[house.venue.slug, session.pk])}"' in page
    (told,) = mails_to(ADA.email)
    assert f"Instalments: €{first} on " in told
    assert f"; €{second} on " in told
    record_payment(reservation_id=row.pk, amount=Decimal(first), actor=STAFF)
    assert read(manage_path(row)).count(">Paid</span>") == 1


def test_a_deposit_beside_a_plan_is_the_same_amount_everywhere(house: House) -> None:
    plan = (Term(Decimal(45), days_before=40), Term(Decimal(55), days_before=5))
    tiers = [TierDraft("Cabin", Decimal(200), 4, Decimal(50), TierPays.BOTH)]
    retreat = house.add_session(at(40), 2880, session_type="retreat", tiers=tiers, plan=plan)
    tier_id = retreat.tiers.get().pk
    address = reverse("classes-session", args=[house.venue.slug, retreat.pk])
    page = read(address)
    # The table says it already; nobody should read that they pay as much twice.
    assert [text in page for text in ("€50.00 deposit", "€90.00", "(when you book)")] == [True] * 3
    assert "when you book, as deposit" not in page
    assert take(retreat, tier_id=tier_id).reservation.deposit_amount == 50
    data = {"quantity": 1, "tier": tier_id, "pays": "plan"}
    held = Client().post(reverse("classes-book", args=[house.venue.slug, retreat.pk]), data, follow=True)
    text = held.content.decode()
    assert ("€90.00 deposit" in text, "€50.00" in text) == (True, False)
    seat = take(retreat, ADA, tier_id=tier_id, pays_plan=True, quantity=2)
    assert (seat.reservation.status, seat.reservation.deposit_amount) == ("pending", Decimal(180))
    text = read(manage_path(seat.reservation))
    assert ("€180.00" in text, "€100.00" in text) == (True, False)
    (told,) = mails_to(ADA.email)
    assert "deposit of €180.00" in told
    record_payment(reservation_id=seat.reservation_id, amount=Decimal(180), actor=STAFF)
    assert [part.status for part in seat.instalments.all()] == ["paid", "open"]
    # Later, by the day of the booking still.
    with time_machine.travel(now() + timedelta(days=36)):
        fewer = resize_booking(booking_id=seat.pk, quantity=1, actor=STAFF).reservation
    assert (fewer.status, fewer.deposit_amount) == ("confirmed", Decimal(90))


def test_instalments_stand_beside_what_is_held(house: House) -> None:
    session = add_retreat(house)
    address = reverse("classes-book", args=[session.venue.slug, session.pk])
    tier = session.tiers.get().pk
    answers = []
    for pays in ("plan", "full"):
        client = Client()
        data = {"quantity": 1, "tier": tier, "pays": pays}
        page = client.post(address, data, follow=True).content.decode()
        answers.append(("data-parts" in page, "in instalments" in page, "Nothing due now." in page))
    assert answers == [(True, True, False), (False, False, True)]
