"""The facilitator's pages: what one leads, who comes, what one is paid, and whose it is not."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse
from django.utils.html import strip_tags

from classes import services
from classes.messages.names import ClassMessage
from classes.messages.needed import why_not_to_tell
from classes.models import Facilitator, PassKind, PayRate, SeatBooking, Session
from classes.occupying import in_charge
from classes.services import register_facilitator
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from classes.tests.test_pages import read, send
from notifications.models import Message
from notifications.rendering import render_message
from reservations.domain.values import Actor, Customer
from reservations.services import record_payment, refund_payment
from resources.tests.test_photos import picture
from tests.factories import at, make_member, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def house() -> House:
    return make_house(time_zone="UTC", name="Stillwater")


def enter(user: Any) -> Client:
    found = Client()
    found.force_login(user)
    return found


@pytest.fixture
def client(house: House) -> Client:
    """Mia's."""
    return enter(house.mia.user)


def page_of(session: Session, name: str = "teach-session") -> str:
    return reverse(name, args=[session.pk])


def about(page: str, words: str) -> str:
    """The item of a list that says so."""
    return next(item for item in page.split("<li")[1:] if words in item).split("</li>")[0]


def post(client: Client, address: str, status: int, **data: object) -> str:
    """As a program would, which is answered at once."""
    answer = client.post(address, data)
    assert answer.status_code == status, (data, answer.content.decode().partition("<main")[2][:2000])
    return unescape(answer.content.decode())


def test_the_next_days_and_how_one_begins(house: House, client: Client) -> None:
    john = house.add_facilitator("John")
    needy = house.add_type(min_attendance=3)
    first, full, few, off, theirs, swapped = (
        house.add_session(at(1), title="Yin"),
        house.add_session(at(2), title="Flow", capacity=2),
        house.add_session(at(3), title="Rest", class_type=needy),
        house.add_session(at(4), title="Off"),
        house.add_session(at(5), title="John's", facilitator=john),
        house.add_session(at(6), title="Given"),
    )
    house.add_session(at(9), title="Far away")
    for quantity in (1, 2, 4):
        take(first, quantity=quantity)
    take(full, quantity=2)
    someone = make_user()
    services.wait_for_seat(session_id=full.pk, customer=Customer.from_user(someone), actor=Actor(someone))
    services.cancel_session(session_id=off.pk, actor=STAFF)
    services.substitute(session_id=swapped.pk, facilitator=john, actor=STAFF)
    page = read(client, "/teach/")
    assert "7 of 10" in about(page, "Yin")
    assert "UTC" in page
    assert "1 waiting" in about(page, "Flow")
    assert "Full" in about(page, "Flow")
    assert "Needs 3" in about(page, "Rest")
    assert "Cancelled" in about(page, "Off")
    assert "John leads it" in about(page, "Given")
    assert page_of(swapped) not in page
    assert page_of(theirs) not in page
    assert "Far away" not in page
    later = read(client, "/teach/later/")
    assert "Far away" in later
    assert "Yin" not in later
    assert few.title in page
    # Whoever is not approved yet learns what comes next; others, how to begin.
    pia = make_user()
    register_facilitator(venue=house.venue, user=pia, name="Pia")
    waiting = read(enter(pia), "/teach/")
    assert "Stillwater hasn't approved you yet" in waiting
    assert "Ask to teach" not in waiting
    assert "/teach/revenue/" not in read(enter(pia), "/teach/profile/")  # which would lead back here
    nina = enter(make_user(first_name="Nina", last_name="New"))
    assert "Ask to teach" in read(nina, "/teach/")
    assert "Enter your name" in post(nina, "/teach/join/", 400, name="")
    assert send(nina, "/teach/join/", name="Nina", bio="Calm") == "/teach/"
    assert Facilitator.objects.get(name="Nina").approved_at is None
    assert "hasn't approved you yet" in read(nina, "/teach/")
    member = enter(make_member(house.venue))
    assert "approved you" not in read(member, "/teach/")
    send(member, "/teach/join/", name="Max")
    page = read(member, "/teach/")
    assert "No sessions in the next 7 days" in page
    assert "another venue" not in page
    with override_settings(CLASSES_OPEN_SIGNUP=True):
        open_to_all = enter(make_user())
        assert "approved you" not in read(open_to_all, "/teach/")
        send(open_to_all, "/teach/join/", name="Open")
    assert Facilitator.objects.get(name="Open").is_approved
    make_house(name="Lagoon")
    page = read(member, "/teach/")
    assert "Teach at another venue, too" in page
    assert "Tell Lagoon who you are" in page
    send(member, "/teach/join/", name="Max")
    page = read(member, "/teach/")
    assert "Lagoon hasn't approved you yet" in page
    assert "another venue" not in page
    assert Client().get("/teach/").headers["Location"].startswith("/accounts/login/")


def test_the_menu_leads_facilitators_there(house: House, client: Client) -> None:
    link = 'href="/teach/"'
    assert link in client.get("/my/").content.decode()
    for user in (make_member(house.venue), make_user()):
        assert link not in enter(user).get("/my/").content.decode()


def test_who_came_is_recorded_by_one_tap(house: House, client: Client) -> None:
    session = house.add_session(at(1))
    ada = take(session, make_user(first_name="Ada", last_name="Lovelace"), notes="Left knee")
    bob, gone = take(session, make_user(first_name="Bob", last_name="B"), quantity=2), take(session)
    services.cancel_booking(booking_id=gone.pk, actor=STAFF)
    page = read(client, page_of(session))
    assert page.index("Ada Lovelace") < page.index("Bob B")
    assert "Left knee" in about(page, "Ada Lovelace")
    assert "1 cancelled booking" in page
    assert 'name="mark"' not in page  # not before the day
    marks = page_of(session, "teach-attendance")
    with time_machine.travel(session.starts_at + timedelta(minutes=5)):
        client = enter(house.mia.user)
        assert f'value="{ada.pk}:late"' in read(client, page_of(session))
        assert send(client, marks, mark=f"{ada.pk}:late").endswith(f"#seat-{ada.pk}")
        assert (fresh(ada).attendance, fresh(ada).reservation.status) == ("late", "checked_in")
        assert "0 present · 1 late · 0 absent · 2 not recorded" in read(client, page_of(session))
        send(client, marks, mark=f"{ada.pk}:unknown")
        send(client, marks, mark=f"{bob.pk}:absent")
        assert (fresh(ada).attendance, fresh(bob).reservation.status) == ("unknown", "no_show")
        send(client, marks, mark="all")
        assert (fresh(ada).attendance, fresh(bob).attendance) == ("present", "absent")
        send(client, marks, mark="all")  # pressed once more, when nobody is left
        for wrong in ("", f"{ada.pk}:gone", f"{2**70}:present", f"{gone.pk}:present"):
            post(client, marks, 400, mark=wrong)
        walk_in = page_of(session, "teach-walk-in")
        assert "Enter a name" in post(client, walk_in, 400, name="", quantity=1)
        for _twice in range(2):
            send(client, walk_in, name="Cleo", quantity=2, key="one")
        added = SeatBooking.objects.get(reservation__customer_name="Cleo")
        assert (added.attendance, added.seats) == ("present", 2)
        assert "Only 7 places are left" in post(client, walk_in, 409, name="Dora", quantity=9)


def test_a_letter_goes_to_each_booking_once(house: House, client: Client) -> None:
    session = house.add_session(at(2))
    letter = page_of(session, "teach-letter")
    assert "Nobody has booked yet" in post(client, letter, 404, text="Bring a towel")
    take(session, make_user("ada@example.com", first_name="Ada"))
    take(session, Customer(name="Bob", email="bob@example.com"), quantity=2)
    services.cancel_booking(booking_id=take(session).pk, actor=STAFF)
    assert "Write to everyone" in read(client, page_of(session))
    assert "Enter a message" in post(client, letter, 400, text=" ")
    post(client, letter, 400, text="x" * 2001)
    take(session, Customer(name="Cleo"), actor=in_charge(STAFF))
    for _twice in range(2):
        page = read(client, send(client, letter, text="Bring a towel", key="one"))
        assert "Your message goes to 2 bookings." in page
        assert "Without an email address, and not told: Cleo" in page
    sent = Message.objects.filter(kind=ClassMessage.LETTER).order_by("recipient")
    assert [row.recipient for row in sent] == ["ada@example.com", "bob@example.com"]
    mail = render_message(sent[0], "en").text
    assert "Mia from Stillwater writes:\n\n“Bring a towel”" in mail
    SeatBooking.objects.update(is_active=False)
    assert why_not_to_tell(sent[1])


def test_colleagues_step_in_or_say_that_they_cannot(house: House, client: Client) -> None:
    john, ann, busy = (house.add_facilitator(name) for name in ("John", "Ann", "Busy"))
    session, ask = house.add_session(at(2)), None
    house.add_session(at(2), facilitator=busy, place=house.add_studio())
    ask, answer = page_of(session, "teach-substitute"), page_of(session, "teach-answer")
    page = read(client, ask)
    assert "Ann" in page
    assert "Busy" not in page
    assert send(client, ask, action="ask", note="I am ill") == page_of(session)
    assert "You've asked Ann, John to step in" in read(client, page_of(session))
    as_john, as_ann, as_busy = (enter(each.user) for each in (john, ann, busy))
    assert "I am ill" in read(as_john, "/teach/")
    assert "Can you step in?" not in read(as_busy, "/teach/")
    send(as_ann, answer, answer="decline")
    assert "Can you step in?" not in read(as_ann, "/teach/")
    assert "Can't: Ann" in read(client, page_of(session))
    send(client, ask, action="withdraw")
    assert "Can you step in?" not in read(as_john, "/teach/")
    send(client, ask, action="ask")
    assert "Can you step in?" in read(as_ann, "/teach/")  # asked anew
    assert as_john.post(answer, {"answer": "?"}).status_code == 400
    assert send(as_john, answer, answer="accept") == page_of(session)
    assert Session.objects.get(pk=session.pk).facilitator == john
    assert send(as_ann, answer, answer="accept") == "/teach/"  # too late
    assert Session.objects.get(pk=session.pk).facilitator == john
    assert client.get(page_of(session)).status_code == 403
    assert enter(make_user()).post(answer, {"answer": "accept"}).status_code == 403


LAST, LONG = "day=9999-12-31", "from=2026-01-01&to=2027-06-01"


def test_every_number_of_the_revenue_leads_to_its_rows(house: House, client: Client) -> None:
    rate = PayRate.objects.create(venue=house.venue, name="Usual", base=Decimal(20), percent=Decimal(10))
    services.set_pay_rate(facilitator=house.mia, pay_rate=rate)
    session = house.add_session(at(1))
    paid, with_pass = take(session), make_user()
    record_payment(reservation_id=paid.reservation_id, amount=Decimal(25), actor=STAFF)
    kind = PassKind.objects.create(venue=house.venue, name="Five", credits=5, price=Decimal(50))
    owned = services.sell_pass(kind_id=kind.pk, customer=with_pass, actor=STAFF, is_paid=True)
    take(session, with_pass, pass_id=owned.pk)
    on, paid_on = session.local_start.date(), at(0).date()
    with time_machine.travel(session.ends_at + timedelta(minutes=5)):
        client = enter(house.mia.user)
        Session.objects.update(status="completed")
        services.work_out_payouts(session_ids=[session.pk])
        page = read(client, "/teach/revenue/")
        assert f'href="/teach/revenue/lines/?session={session.pk}">€35.00' in page
        assert "€23.50" in page
        assert "Not yet" in page
        lines = read(client, f"/teach/revenue/lines/?session={session.pk}")
        assert lines.count('data-label="Amount"') == 2
        assert "Pass used" in lines
        assert "10% of the revenue" in lines
        for by, day in (("session", on), ("payment", paid_on)):
            days = read(client, f"/teach/revenue/?by={by}")
            assert f"day={day}&by={by}" in days, by
            assert "€35.00" in read(client, f"/teach/revenue/lines/?day={day}&by={by}"), by
        # Either day of the money, and what it is made of.
        refund_payment(reservation_id=paid.reservation_id, amount=Decimal("5.50"), actor=STAFF)
        sums = strip_tags(read(client, "/teach/revenue/"))
        assert "Payments €25.00 Refunds -€5.50 Passes used €10.00" in " ".join(sums.split())
        span = f"from={on}&to={on}"
        assert "Of sessions from" in read(client, f"/teach/revenue/lines/?{span}&by=rows")
        assert "€29.50" in read(client, f"/teach/revenue/lines/?{span}")
        assert "€29.50" in read(client, f"/teach/revenue/?by=session&{span}")
        # They paid today for a session of tomorrow, when it was refunded.
        for first, amount in ((paid_on, "€35.00"), (on, "-€5.50")):
            page = read(client, f"/teach/revenue/?by=payment&from={first}&to={first}")
            assert ("Paid, refunded or used from" in page, f"<dd>{amount}</dd>" in page) == (True, True), page
        table = client.get("/teach/revenue/?format=csv")
        assert table.headers["Content-Type"].startswith("text/csv")
        assert "Morning Meditation" in table.content.decode()
        assert ",29.50,22.95,EUR," in table.content.decode()
        for query in ("from=2030-01-02&to=2030-01-01", "from=x", "from=1999-01-01"):
            read(client, f"/teach/revenue/?{query}", 400)
        for query in ("", "day=x", "session=x", f"session={2**70}", "day=9999-99-99", LAST, LONG):
            assert client.get(f"/teach/revenue/lines/?{query}").status_code == 404, query


def test_one_says_who_one_is(house: House, client: Client) -> None:
    loft = house.add_studio()
    assert 'value="Mia"' in read(client, "/teach/profile/")
    said = {"name": "Mia T.", "bio": "Calm", "specialization": "Yin", "place": loft.pk}
    send(client, "/teach/profile/", **said)
    mia = Facilitator.objects.get(pk=house.mia.pk)
    assert (mia.name, mia.bio, mia.is_public, mia.default_place) == ("Mia T.", "Calm", False, loft)
    post(client, "/teach/profile/", 400, **(said | {"name": ""}))
    post(client, "/teach/profile/", 400, **(said | {"place": make_house().studio.pk}))
    assert enter(make_user()).get("/teach/profile/").headers["Location"] == "/teach/"


def test_their_photo_is_shown_with_what_they_lead(
    house: House, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    session = house.add_session(at(2))
    shown = reverse("classes-session", args=[house.venue.slug, session.pk])
    said = {"name": "Mia", "is_public": "on", "place": house.studio.pk}
    wrong = {
        "image that isn't damaged": SimpleUploadedFile("me.png", b"<script>"),
        "Choose a JPEG, PNG or WebP image": SimpleUploadedFile("me.gif", picture((9, 9), "GIF")),
        "2 MB or less. This one has 2.1 MB": SimpleUploadedFile("me.jpg", picture((9, 9)) + b" " * 2**21),
        "2 MB or less. This one has 5.1 MB": SimpleUploadedFile("me.jpg", picture((9, 9)) + b" " * 5 * 2**20),
    }
    for sentence, file in wrong.items():
        assert sentence in post(client, "/teach/profile/", 400, **said, photo=file)
    assert "<img" not in read(Client(), shown).partition("<main")[2].partition("</main")[0]
    client.post("/teach/profile/", said | {"photo": SimpleUploadedFile("secret name.JPG", picture())})
    photo = Facilitator.objects.get().photo
    assert re.fullmatch(r"facilitators/[0-9a-f]{32}\.jpg", str(photo))
    page = read(Client(), shown)
    assert f'src="{photo.url}?size=small"' in page
    assert 'alt="Photo of Mia"' in page
    answer = Client().get(photo.url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Cache-Control"].startswith("public")
    assert Client().get(f"{photo.url}?size=logo").status_code == 404
    # Whoever is shown to nobody shows no face either.
    client.post("/teach/profile/", {"name": "Mia"})
    assert [each.get(photo.url).status_code for each in (client, Client())] == [200, 404]
    assert photo.url not in read(Client(), shown)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/teach/profile/", said | {"drop_photo": "on"})
    assert not default_storage.exists(str(photo))
    assert not Facilitator.objects.get().photo


def test_nobody_opens_another_facilitators_session(house: House, client: Client) -> None:
    john = house.add_facilitator("John")
    session = house.add_session(at(1), facilitator=john)
    take(session, notes="Secret knee")
    draft = house.add_session(at(2), facilitator=john, is_published=False)
    pending = register_facilitator(venue=house.venue, user=make_user(), name="Pia")
    elsewhere = make_house().mia
    acts = ("attendance", "walk-in", "letter", "change", "call-off", "substitute")
    for name in acts:
        answer = client.post(page_of(session, f"teach-{name}"), {"mark": "all", "name": "X"})
        assert answer.status_code == 403, name
    for name in acts[3:]:
        assert client.get(page_of(session, f"teach-{name}")).status_code == 403, name
    assert client.get(page_of(draft)).status_code == 404
    assert client.get(f"/teach/revenue/lines/?session={session.pk}").status_code == 403
    for user in (house.mia.user, pending.user, elsewhere.user, make_user()):
        other = enter(user)
        answer = other.get(page_of(session))
        assert answer.status_code == 403
        assert "Secret knee" not in answer.content.decode()
        assert other.post(page_of(session, "teach-attendance"), {"mark": "all"}).status_code == 403
    assert Session.objects.get(pk=session.pk).is_active
    # Managers and staff have rosters of all, but nobody's pay by this door.
    member = enter(make_member(house.venue))
    assert "Secret knee" in read(member, page_of(session))
    assert member.get(f"/teach/revenue/lines/?session={session.pk}").status_code == 302
    for address in (f"/teach/sessions/{2**70}/", "/teach/sessions/0/"):
        assert client.get(address).status_code == 404
    # Who no longer works there has lost it all.
    house.venue.memberships.filter(user=john.user).delete()
    left = enter(john.user)
    assert left.get(page_of(session)).status_code == 403
    assert "You no longer work at Stillwater" in read(left, "/teach/")


def test_days_and_rosters_cost_the_same_however_much_there_is(house: House, client: Client) -> None:
    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            read(client, address)
        return len(queries)

    session = house.add_session(at(1))
    take(session)
    addresses = ("/teach/", page_of(session), "/teach/revenue/")
    before = [count(address) for address in addresses]
    for hour in range(12, 18):
        take(house.add_session(at(1, hour)))
    for _number in range(6):
        take(session)
    assert [count(address) for address in addresses] == before
