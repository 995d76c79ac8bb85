"""Pages for customers: the timetable, a session, the way to a seat, and what pages of others show."""

from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from classes.models import PassKind, SeatBooking, Session, Tier
from classes.services import (
    cancel_booking,
    cancel_session,
    change_session,
    sell_pass,
    substitute,
    wait_for_seat,
)
from classes.services.moving import SessionChanges
from classes.tests.helpers import STAFF, House, make_house, take
from classes.tests.page_rows import add_retreat
from reservations.domain.values import Actor, Customer
from reservations.links import manage_path
from tests.factories import at, make_user
from waitlist.links import entry_path, token_for
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import leave_waitlist, offer_freed_capacity

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BROWSER = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture
def house() -> House:
    return make_house(time_zone="UTC")


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com", first_name="Ada", last_name="Lovelace")


@pytest.fixture
def guest() -> Client:
    return Client()


@pytest.fixture
def client(ada: User) -> Client:
    found = Client()
    found.force_login(ada)
    return found


def week_of(session: Session, **query: object) -> str:
    values = {"date": session.local_start.date().isoformat()} | query
    pairs = "&".join(f"{name}={value}" for name, value in values.items())
    return f"{reverse('classes-venue', args=[session.venue.slug])}?{pairs}"


def page_of(session: Session, name: str = "classes-session") -> str:
    return reverse(name, args=[session.venue.slug, session.pk])


def read(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address, headers=BROWSER)
    assert answer.status_code == status, (address, answer.status_code)
    page = unescape(answer.content.decode())
    return " ".join(page.split("<main")[1].split("</main>")[0].split())


def row_of(page: str, session: Session) -> str:
    """What stands about one session in a timetable."""
    return next(row for row in page.split("<li ")[1:] if page_of(session) in row).split("</li>")[0]


def send(client: Client, address: str, **data: object) -> str:
    """Where the form leads to; what is wrong stands on the page that follows."""
    answer = client.post(address, data, headers=BROWSER)
    assert answer.status_code in (302, 303), answer.content.decode()[:500]
    return str(answer.headers["Location"])


def test_the_timetable_says_what_can_be_done(house: House, ada: User, client: Client, guest: Client) -> None:
    john = house.add_facilitator("John")
    other = house.add_studio()
    free, booked, full, waited = (house.add_session(at(hour=hour), capacity=2) for hour in range(9, 13))
    off, swapped = (
        house.add_session(at(hour=14)),
        house.add_session(at(hour=16), facilitator=john, place=other),
    )
    take(free, quantity=1)
    take(booked, ada)
    for session in (full, waited):
        take(session, quantity=2)
    for who in (make_user(), ada):
        wait_for_seat(session_id=waited.pk, customer=Customer.from_user(who), actor=Actor(who))
    cancel_session(session_id=off.pk, actor=STAFF, reason="Mia is ill.")
    substitute(session_id=swapped.pk, facilitator=house.mia, actor=STAFF)
    page = read(client, week_of(free))
    assert "1 of 2 left" in row_of(page, free)
    assert "€25.00" in row_of(page, free)
    assert f"{free.local_start.isoformat()}" in row_of(page, free)
    assert "> Book <" in row_of(page, free)
    assert "Booked" in row_of(page, booked)
    assert "Join waitlist" in row_of(page, full)
    assert "Number 2 in line" in row_of(page, waited)
    assert "<s>Morning Meditation</s>" in row_of(page, off)
    assert "Cancelled" in row_of(page, off)
    assert "Mia for John" in row_of(page, swapped)
    stranger = read(guest, week_of(free))
    assert "> Book <" in row_of(stranger, booked)
    assert "Join waitlist" in row_of(stranger, waited)
    over = house.add_session(at(hour=20))
    Session.objects.filter(pk=over.pk).update(starts_at=at(-1), ends_at=at(-1, 11))
    over.refresh_from_db()
    assert "<s>" in row_of(read(guest, week_of(over)), over)


def test_the_timetable_is_narrowed_and_refuses_what_it_does_not_know(house: House, guest: Client) -> None:
    john, loft = house.add_facilitator("John"), house.add_studio()
    easy, hard = house.add_type(level="beginner"), house.add_type(level="advanced")
    first = house.add_session(class_type=easy)
    second = house.add_session(at(hour=12), facilitator=john, place=loft, class_type=hard)
    for query in (
        {"teacher": john.pk},
        {"type": hard.pk},
        {"level": "advanced"},
        {"studio": loft.pk},
    ):
        page = read(guest, week_of(first, **query))
        assert page_of(second) in page, query
        assert page_of(first) not in page, query
    assert "Select a valid choice" in read(guest, week_of(first, teacher=2**70), status=400)
    read(guest, reverse("classes-venue", args=[house.venue.slug]) + "?date=yesterday", status=400)
    nothing = read(guest, week_of(first, date="2031-01-01"))
    assert "No classes this week" in nothing
    for address in ("/classes/nowhere/", f"/classes/{house.venue.slug}/{2**70}/"):
        assert guest.get(address).status_code == 404


def test_a_week_costs_the_same_however_much_there_is(house: House, ada: User, client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            read(client, week_of(sessions[0]))
        return len(queries)

    sessions = [house.add_session(at(hour=10))]
    take(sessions[0], ada)
    few = count()
    sessions += [house.add_session(at(hour=hour), capacity=1) for hour in (12, 13, 14)]
    for session in sessions[1:]:
        take(session)
    wait_for_seat(session_id=sessions[1].pk, customer=Customer.from_user(ada), actor=Actor(ada))
    assert count() - few <= 1  # who else waits, once somebody does
    assert few <= 20


def test_seats_are_held_and_confirmed_in_three_presses(house: House, ada: User, client: Client) -> None:
    session = house.add_session(class_type=house.add_type(bring="Warm socks", late_cancel_hours=24))
    page = read(client, page_of(session))
    assert "Warm socks" in page
    assert "Free cancellation until" in page
    details = send(client, page_of(session, "classes-book"), quantity=2, key="a")
    held = SeatBooking.objects.get()
    assert (held.seats, held.customer, held.reservation.status) == (2, ada, "held")
    shown = read(client, details)
    assert "Morning Meditation" in shown
    assert "€50.00" in shown
    assert not client.get(details).context["cancelling"]  # its terms stand by the button, not the pool's
    # Whoever comes back goes on with what they hold, and a second click holds nothing more.
    assert "Continue booking" in read(client, page_of(session))
    assert send(client, page_of(session, "classes-book"), quantity=1, key="b") == details
    done = send(client, details, name="Ada", email=ada.email, requests="Knee", phone="")
    held.refresh_from_db()
    assert (held.notes, held.reservation.status) == ("Knee", "confirmed")
    booked = read(client, done)
    assert "You're booked" in booked
    assert "Change time" not in booked  # seats stay with their session
    assert "You've booked this" in read(client, page_of(session))


def test_guests_book_and_come_back_to_the_timetable(house: House, guest: Client) -> None:
    session = house.add_session(capacity=1)
    details = send(guest, page_of(session, "classes-book"), quantity=1, key="a")
    assert "Morning Meditation" in read(guest, "/cart/")
    away = send(guest, details.replace("details/", "release/"))
    answer = guest.get(away)
    assert answer.headers["Location"] == week_of(session)
    assert not SeatBooking.objects.active().exists()
    take(session)
    problem = read(guest, send(guest, page_of(session, "classes-book"), quantity=1, key="b"))
    assert "Join waitlist" in problem
    for quantity in ("0", "x", ""):
        wrong = send(
            guest, page_of(session, "classes-wait"), quantity=quantity, name="A", email="a@b.example"
        )
        assert "aria-invalid" in read(guest, wrong)
    entry = send(guest, page_of(session, "classes-wait"), quantity=1, name="Ann", email="ann@b.example")
    shown = read(guest, entry)
    assert "Morning Meditation" in shown
    assert "You're first in line" in shown
    assert WaitlistEntry.objects.get().customer_email == "ann@b.example"


def test_tiers_plans_and_passes_are_chosen_before_the_seat_is_held(
    house: House, ada: User, client: Client
) -> None:
    retreat = add_retreat(house)
    rooms = {tier.name: tier for tier in retreat.tiers.all()}
    page = read(client, page_of(retreat))
    assert "Cabin in instalments, per person" in page
    assert page.count("€150.00") == 2
    # A deposit is told where it is more than the part that is due on booking.
    for deposit, before, is_told in ((40, 3, True), (40, 90, False), (0, 3, False)):
        Tier.objects.filter(session=retreat, name="Cabin").update(deposit=deposit)
        retreat.plan_terms.filter(position=0).update(days_before=before)
        assert ("when you book, as deposit" in read(client, page_of(retreat))) == is_told, before
    assert "from €100.00" in read(client, week_of(retreat))
    unknown = send(client, page_of(retreat, "classes-book"), quantity=1, tier=2**40)
    assert "aria-invalid" in read(client, unknown)
    at_once = send(client, page_of(retreat, "classes-book"), quantity=1, tier=rooms["Tent"].pk, pays="plan")
    assert "This price can't be paid in instalments" in read(client, at_once)
    details = send(client, page_of(retreat, "classes-book"), quantity=1, tier=rooms["Cabin"].pk, pays="plan")
    send(client, details, name="Ada", email=ada.email, phone="")
    seat = SeatBooking.objects.get(session=retreat)
    assert [part.amount for part in seat.instalments.all()] == [150, 150]
    assert "Sold out" in read(Client(), page_of(retreat))
    mine = read(client, "/my/")
    assert mine.count("€150.00") == 2
    assert "Instalments due" in mine


def test_what_is_offered_from_the_line_is_taken_at_a_price(
    house: House, ada: User, client: Client, guest: Client
) -> None:
    retreat = add_retreat(house, capacity=1)
    tent = Tier.objects.get(session=retreat, name="Tent")
    seat = take(retreat, tier_id=tent.pk)
    wait_for_seat(session_id=retreat.pk, customer=Customer.from_user(ada), actor=Actor(ada))
    cancel_booking(booking_id=seat.pk, actor=STAFF)
    offer_freed_capacity(venue_id=house.venue.pk)
    [offer] = WaitlistOffer.objects.all()
    shown = read(client, page_of(retreat))
    assert ("A seat is held for you" in shown, f'href="{entry_path(offer.entry)}"' in shown) == (True, True)
    address = reverse("waitlist-accept", args=[offer.entry.pk, token_for(offer.entry), offer.pk])
    assert "aria-invalid" in read(client, send(client, address))
    booked = read(client, send(client, address, tier=tent.pk))
    assert "You're booked" in booked
    [seat] = SeatBooking.objects.active()
    assert seat.tier == tent
    assert "Reschedule" not in read(client, f"{manage_path(seat.reservation)}cancel/")
    # Whoever has no account does so where the link of the mail leads.
    wait_for_seat(session_id=retreat.pk, customer=Customer(name="Bo", email="bo@example.com"), actor=Actor())
    cancel_booking(booking_id=seat.pk, actor=STAFF)
    [offer] = offer_freed_capacity(venue_id=house.venue.pk)
    page = read(guest, entry_path(offer.entry))
    assert "Cabin in instalments, per person" in page
    answer = reverse("waitlist-accept", args=[offer.entry.pk, token_for(offer.entry), offer.pk])
    assert "Choose one of the prices." in read(guest, send(guest, answer))
    cabin = Tier.objects.get(session=retreat, name="Cabin")
    assert "You're booked" in read(guest, send(guest, answer, tier=cabin.pk, pays="plan"))
    seat = SeatBooking.objects.active().get()
    assert (seat.tier, seat.instalments.count()) == (cabin, 2)


def test_who_waits_is_known_on_the_page_of_the_class(
    house: House, ada: User, client: Client, guest: Client
) -> None:
    """An account, a guest who has joined, or one who has opened the link; not on anybody else's screen."""
    session = house.add_session(capacity=1, class_type=house.add_type(waitlist_mode="open"))
    seat = take(session)
    wait_for_seat(session_id=session.pk, customer=Customer.from_user(ada), actor=Actor(ada))
    joined = send(guest, page_of(session, "classes-wait"), quantity=1, name="Bo", email="bo@example.com")
    other, by_link = Client(), Client()
    read(by_link, joined)
    for viewer, number in ((client, 1), (guest, 2), (by_link, 2)):
        shown = read(viewer, page_of(session))
        assert f"You're number {number} in line" in shown
        assert "Leave waitlist" in shown
    assert "in line. " not in read(other, page_of(session)).split("Join waitlist")[1]
    assert "Your name" in read(other, page_of(session))
    # Nor on that of an account that has opened somebody else's link: it may wait, too.
    other.force_login(make_user())
    read(other, joined)
    assert "Join waitlist" in read(other, page_of(session))
    # Where everybody is told, the seat may be booked by whoever waits; they still read that they do.
    cancel_booking(booking_id=seat.pk, actor=STAFF)
    shown = read(by_link, page_of(session))
    assert "You're number 2 in line" in shown
    assert page_of(session, "classes-book") in shown
    leave = shown.split('action="/waitlist/')[1].split('"')[0]
    assert "You've left the waitlist" in read(by_link, send(by_link, f"/waitlist/{leave}"))
    assert "in line. We'll" not in read(guest, page_of(session))


def test_a_pass_pays_for_the_seat_once_it_is_confirmed(house: House, ada: User, client: Client) -> None:
    session = house.add_session()
    kind = PassKind.objects.create(venue=house.venue, name="Ten classes", credits=10, price=180)
    owned = sell_pass(kind_id=kind.pk, customer=ada, actor=STAFF, is_paid=True)
    foreign = sell_pass(kind_id=kind.pk, customer=make_user(), actor=STAFF, is_paid=True)
    assert "10 credits left" in read(client, page_of(session))
    wrong = send(client, page_of(session, "classes-book"), quantity=1, used_pass=foreign.pk)
    assert "aria-invalid" in read(client, wrong)
    details = send(client, page_of(session, "classes-book"), quantity=2, used_pass=owned.pk)
    assert not owned.uses.exists()
    assert "€" not in read(client, details).split('class="card stack held"')[1].split("</section>")[0]
    send(client, details, name="Ada", email=ada.email, phone="")
    assert [use.credits for use in owned.uses.all()] == [2]
    assert "8 of 10 left" in read(client, "/my/")


def test_what_was_given_up_can_be_had_again(house: House, ada: User, client: Client) -> None:
    session = house.add_session(capacity=1)
    seat = take(session, ada)
    cancel_booking(booking_id=seat.pk, actor=Actor(ada))
    assert "Undo cancellation" in read(client, "/my/")
    stranger = Client()
    stranger.force_login(make_user())
    address = reverse("classes-again", args=[seat.pk])
    assert stranger.post(address).status_code == 404
    assert "/accounts/login/" in send(Client(), address)
    done = send(client, address)
    assert "You're booked again" in read(client, done)
    assert SeatBooking.objects.active().get().customer == ada
    assert "Undo cancellation" not in read(client, "/my/")


def test_each_class_has_a_line_of_its_own(house: House, ada: User, client: Client) -> None:
    early, late = house.add_session(capacity=1), house.add_session(at(hour=12), capacity=1, title="Yin Yoga")
    for session in (early, late):
        take(session)
    for who, session in ((make_user(), early), (ada, late)):
        entry = wait_for_seat(session_id=session.pk, customer=Customer.from_user(who), actor=Actor(who))
    shown = read(client, entry_path(entry))
    assert "You're first in line" in shown
    own = read(client, reverse("my-waitlist"))
    assert "Yin Yoga" in own
    assert "Number 1 in line" in own
    leave_waitlist(entry_id=entry.pk, actor=Actor(ada))
    again = reverse("waitlist-join", args=[late.place.seats.uuid]) + "?date=2031-01-01"
    assert client.get(again).headers["Location"].endswith(f"/classes/{house.venue.slug}/?date=2031-01-01")


def test_pages_of_others_lead_to_the_timetable(house: House, guest: Client) -> None:
    session = house.add_session(at(1), class_type=house.add_type())
    timetable = reverse("classes-venue", args=[house.venue.slug])
    home = guest.get("/").content.decode()
    assert page_of(session) in home
    assert 'href="/classes/"' in home
    assert guest.get("/classes/").headers["Location"] == timetable
    assert page_of(session) in read(guest, "/?q=meditation")
    assert page_of(session) not in read(guest, "/?q=pottery")
    framed = guest.get(f"/embed/{house.venue.slug}/classes/")
    assert framed.status_code == 200
    assert f'href="{page_of(session)}"' in framed.content.decode()
    assert page_of(session) in guest.get(f"/embed/{house.venue.slug}/").content.decode()
    pool = guest.get(reverse("resource-day", args=[session.place.seats.uuid]))
    assert pool.headers["Location"] == timetable


def test_calendars_carry_what_was_called_off(house: House, guest: Client) -> None:
    john = house.add_facilitator("John")
    session = house.add_session()
    other = house.add_session(at(hour=12), facilitator=john, title="Yin Yoga")
    address = reverse("classes-calendar", args=[house.venue.slug])
    before = guest.get(address)
    assert before.headers["Content-Type"].startswith("text/calendar")
    assert before.content.count(b"BEGIN:VEVENT") == 2
    assert guest.get(address, headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
    assert b"Yin Yoga" not in guest.get(f"{address}?teacher={house.mia.pk}").content
    change_session(session_id=other.pk, changes=SessionChanges(title="Yin Yoga slow"), actor=STAFF)
    cancel_session(session_id=session.pk, actor=STAFF)
    after = guest.get(address)
    assert after.headers["ETag"] != before.headers["ETag"]
    assert b"STATUS:CANCELLED" in after.content
    assert b"SUMMARY:Yin Yoga slow" in after.content
    assert b"SEQUENCE:1" in after.content
    assert guest.get(f"{address}?teacher=x").status_code == 404


def test_whoever_is_told_of_an_open_seat_can_book_it(house: House, client: Client, ada: User) -> None:
    session = house.add_session(capacity=1, class_type=house.add_type(waitlist_mode="open"))
    seat = take(session)
    wait_for_seat(session_id=session.pk, customer=Customer.from_user(ada), actor=Actor(ada))
    assert "number 1 in line" in read(client, page_of(session))
    cancel_booking(booking_id=seat.pk, actor=STAFF)
    assert 'name="quantity"' in read(client, page_of(session))
