"""The staff's pages of a studio: whom they let in, what they show, ask first and do."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classes.models import Facilitator, Pass, PassKind, PassUse, Payout, PayRate, Session
from classes.services import (
    create_series,
    register_facilitator,
    sell_pass,
    set_pay_rate,
    wait_for_seat,
    work_out_payouts,
)
from classes.services.scheduling import copy_draft
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from reservations.domain.values import Actor, Customer
from resources.enums import Role
from tests.factories import at, make_member, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@dataclass
class Studio:
    house: House
    client: Client

    def path(self, name: str, *about: Any) -> str:
        return reverse(f"studio-{name}" if name else "studio", args=[self.house.venue.slug, *about])

    def get(self, name: str, *about: Any, **query: Any) -> str:
        answer = self.client.get(self.path(name, *about), query)
        assert answer.status_code == 200, answer.status_code
        return " ".join(answer.content.decode().split())

    def post(self, name: str, *about: Any, **data: Any) -> str:
        status = data.pop("status", 200)
        answer = self.client.post(self.path(name, *about), data, follow=True)
        assert answer.status_code == status, (answer.status_code, answer.content.decode()[-3000:])
        return " ".join(answer.content.decode().split())


@pytest.fixture
def studio() -> Studio:
    house, client = make_house(), Client()
    client.force_login(make_member(house.venue, Role.MANAGER))
    return Studio(house, client)


def filled_in(session: Session, **changes: Any) -> dict[str, Any]:
    values = {
        "title": session.title,
        "date": session.local_start.date().isoformat(),
        "time": f"{session.local_start:%H:%M}",
        "minutes": 60,
        "facilitator": session.facilitator_id,
        "place": session.place_id,
        "capacity": session.capacity,
        "price": "25",
        "version": session.version,
    }
    return values | changes


def test_who_comes_in(studio: Studio) -> None:
    house = studio.house
    session, elsewhere = house.add_session(), make_house()
    sold_to = make_user()
    kind = PassKind.objects.create(venue=house.venue, name="Ten", credits=10, price=Decimal(0))
    studio.post("passes", kind=kind.pk, person=sold_to.email)
    about = {"session": [session.pk], "change": [session.pk], "call-off": [session.pk]}
    about["pass"] = [Pass.objects.get().pk]
    open_to_staff = ("", "new", "day", "session", "change", "call-off", "passes", "pass")
    people = {
        "manager": (make_member(house.venue, Role.MANAGER), 200, 200),
        "staff": (make_member(house.venue), 200, 403),
        "facilitator": (house.mia.user, 403, 403),
        "elsewhere": (make_member(elsewhere.venue, Role.MANAGER), 404, 404),
        "customer": (make_user(), 404, 404),
        "anonymous": (None, 302, 302),
    }
    for name, (user, staff_status, manager_status) in people.items():
        client = Client()
        if user:
            client.force_login(user)
        for pages, status in ((open_to_staff, staff_status), (("payouts", "people"), manager_status)):
            for page in pages:
                answer = client.get(studio.path(page, *about.get(page, ())))
                assert answer.status_code == status, (name, page)
    foreign = elsewhere.add_session()
    for page in ("session", "change", "call-off"):
        assert studio.client.get(studio.path(page, foreign.pk)).status_code == 404, page
    assert studio.client.get(reverse("studios")).status_code == 302


def test_the_week_says_how_it_stands(studio: Studio) -> None:
    house = studio.house
    risky = house.add_type(title="Breathwork", min_attendance=4)
    full, few = house.add_session(capacity=2), house.add_session(at(8), class_type=risky, title="Breathwork")
    house.add_session(at(9), is_published=False, title="Not yet")
    take(full, quantity=2)
    take(few)
    for _number in range(2):
        wait_for_seat(session_id=full.pk, customer=Customer.from_user(make_user()), actor=Actor())
    pages = [studio.get("", date=full.local_start.date().isoformat(), by=by) for by in ("studio", "teacher")]
    for page in pages:
        for text in (
            "2 of 2",
            "2 waiting",
            "1 of 10",
            "At risk: fewer than 4",
            "Draft",
            "1 booked, at least 4",
        ):
            assert text in page, text
        assert 'scope="row"' in page
    assert f'data-lane="{house.studio.pk}"' in pages[0]
    assert f'data-lane="{house.mia.pk}"' in pages[1]
    assert studio.client.get(studio.path(""), {"date": "soon"}).status_code == 400
    answer = studio.get("session", full.pk)
    assert "2 of 2 booked" in answer
    assert answer.count("Book for them") == 2
    Session.objects.filter(pk=few.pk).update(has_tiers=True, price=0)
    assert "Several prices" in studio.get("session", few.pk)


def test_moving_says_whom_it_hits_before_it_does(studio: Studio) -> None:
    house = studio.house
    session, other = house.add_session(), house.add_session(at(8))
    seat = take(session, Customer(name="Ada Lovelace", email="ada@example.com"))
    later = (session.local_start + timedelta(days=2)).date().isoformat()
    asked = studio.get("change", session.pk, date=later)
    assert "1 booking goes along" in asked
    assert "Ada Lovelace" in asked
    assert fresh(seat).session.starts_at == session.starts_at
    data = filled_in(session, date=later)
    studio.post("change", session.pk, action="preview", **data)
    assert Session.objects.get(pk=session.pk).version == session.version
    studio.post("change", session.pk, action="save", **data)
    moved = fresh(seat)
    assert moved.session.local_start.date().isoformat() == later
    assert moved.reservation.starts_at == moved.session.starts_at
    stale = studio.post("change", session.pk, status=409, action="save", **filled_in(session, capacity=4))
    assert "has changed" in stale
    session = moved.session
    clash = filled_in(session, date=other.local_start.date().isoformat())
    refused = studio.post("change", session.pk, status=409, action="save", **clash)
    assert "Mia teaches Morning Meditation" in refused
    for field, wrong in (
        ("date", "soon"),
        ("time", "25:00"),
        ("minutes", "0"),
        ("price", "-1"),
        ("place", "9999"),
    ):
        studio.post("change", session.pk, status=400, action="save", **filled_in(session, **{field: wrong}))
    assert fresh(seat).session.starts_at == session.starts_at


def test_a_series_is_moved_and_called_off_together(studio: Studio) -> None:
    house = studio.house
    draft = copy_draft(house.add_session(at(20)), starts_at=at(5), ends_at=at(5) + timedelta(hours=1))
    rule = "FREQ=WEEKLY;COUNT=3"
    made = create_series(venue=house.venue, draft=draft, rule=rule, actor=STAFF).sessions
    data = filled_in(made[1], scope="following", time="18:00")
    assert "2 sessions change." in studio.post("change", made[1].pk, action="preview", **data)
    studio.post("change", made[1].pk, action="save", **data)
    starts = [each.local_start.hour for each in Session.objects.filter(series=made[0].series)]
    assert [starts[0] != 18, starts[1:]] == [True, [18, 18]]
    studio.post("call-off", made[1].pk, action="save", scope="all", reason="Flood")
    assert {each.status for each in Session.objects.filter(series=made[0].series)} == {"cancelled"}


def test_new_sessions_one_or_weekly(studio: Studio) -> None:
    house = studio.house
    yoga = house.add_type(title="Yoga", capacity=8, duration=75)
    when = at(6).astimezone(house.venue.zone)
    data = {
        "class_type": yoga.pk,
        "date": when.date().isoformat(),
        "time": "18:00",
        "facilitator": house.mia.pk,
        "place": house.studio.pk,
        "weeks": 1,
    }
    assert "Nobody leads" not in studio.post("new", action="preview", **data)
    made = Session.objects.get()
    assert (made.title, made.capacity, made.price) == ("Yoga", 8, Decimal(25))
    assert made.ends_at - made.starts_at == timedelta(minutes=75)
    assert "Mia teaches Yoga" in studio.post("new", status=409, action="preview", **data)
    preview = studio.post("new", action="preview", **data | {"weeks": 3})
    assert "2 sessions can be planned" in preview
    skip = when.date().isoformat()
    studio.post("new", action="save", skip=skip, **data | {"weeks": 3})
    assert Session.objects.count() == 3
    online = data | {"place": "online", "time": "20:00"}
    studio.post("new", action="preview", **online)
    assert Session.objects.order_by("-pk")[0].place.kind == "online"
    assert "Enter a title." in studio.post("new", status=400, **data | {"class_type": ""})
    Facilitator.objects.update(approved_at=None)
    for form in ("new", "retreat"):
        assert "Nobody leads sessions here yet" in studio.get(form), form


def test_calling_off_a_day_in_one_act(studio: Studio) -> None:
    house = studio.house
    john = house.add_facilitator()
    first, second = house.add_session(at(7, 9)), house.add_session(at(7, 11))
    others = house.add_session(at(7, 14), facilitator=john)
    take(first, quantity=2)
    take(second)
    day = first.local_start.date().isoformat()
    data = {"date": day, "whose": f"teacher-{house.mia.pk}", "reason": "Mia is ill."}
    preview = studio.post("day", action="preview", **data)
    assert "<dd>3</dd>" in preview
    assert Session.objects.active().count() == 3
    assert "3 people are told." in studio.post("day", action="save", **data)
    assert list(Session.objects.active()) == [others]
    nothing = studio.post("day", status=404, action="save", **data)
    assert "nothing to call off" in nothing
    assert "1 session called off." in studio.post("call-off", others.pk, action="save", reason="")
    studio.post("day", status=400, date=day, whose="teacher-9999")


def test_the_line_and_the_substitute(studio: Studio) -> None:
    house = studio.house
    session = house.add_session(capacity=1)
    seat = take(session)
    people = [make_user(first_name=name) for name in ("Ann", "Ben", "Cleo")]
    entries = [
        wait_for_seat(session_id=session.pk, customer=Customer.from_user(who), actor=Actor(who))
        for who in people
    ]
    assert "none is free" in studio.post("session", session.pk, action="offer")
    studio.post("session", session.pk, action=f"first:{entries[2].pk}")
    studio.post("session", session.pk, status=409, action=f"seat:{entries[1].pk}")
    studio.post("session", session.pk, action=f"cancel:{seat.pk}")
    studio.post("session", session.pk, action="offer")
    assert "A seat is held for them" in studio.get("session", session.pk)
    entries[2].refresh_from_db()
    assert entries[2].status == "contacted"
    # Whoever is given a seat pays with a pass that covers it.
    kind = PassKind.objects.create(venue=house.venue, name="Ten", credits=10, price=Decimal(0))
    sell_pass(kind_id=kind.pk, customer=people[1], actor=STAFF, is_paid=True)
    other = house.add_session(at(9), capacity=1)
    taken, ben = take(other), Customer.from_user(people[1])
    entry = wait_for_seat(session_id=other.pk, customer=ben, actor=Actor(people[1]))
    studio.post("session", other.pk, action=f"cancel:{taken.pk}")
    studio.post("session", other.pk, action=f"seat:{entry.pk}")
    assert PassUse.objects.get().booking.session == other
    for wrong in ("seat:x", "first:0", "cancel:0", "fly"):
        assert studio.client.post(studio.path("session", session.pk), {"action": wrong}).status_code in (
            400,
            404,
        )
    john = house.add_facilitator("John")
    assert "Asked: John" in studio.post("session", session.pk, action="ask")
    studio.post("session", session.pk, action="substitute", facilitator=john.pk)
    session.refresh_from_db()
    assert (session.facilitator, session.substitute_for) == (john, house.mia)


def test_passes_pay_and_people(studio: Studio) -> None:
    house, customer = studio.house, make_user()
    kind = PassKind.objects.create(venue=house.venue, name="Ten", credits=10, price=Decimal(180))
    assert "no account" in studio.post("passes", status=400, kind=kind.pk, person="nobody@example.com")
    key = re.search(r'name="key" value="([^"]+)"', studio.get("passes"))
    assert key
    for _twice in range(2):
        studio.post("passes", kind=kind.pk, person=customer.email, key=key[1])
    studio.post("passes", status=422, kind=kind.pk, person=customer.email, key=key[1], is_paid="on")
    sold = Pass.objects.get()
    assert "Not paid" in studio.get("passes", q=customer.email[:5])
    studio.post("pass", sold.pk, action="pay", reference="12")
    session = house.add_session()
    use = take(session, customer, pass_id=sold.pk).pass_use
    studio.post("pass", sold.pk, action=f"return:{use.pk}")
    assert PassUse.objects.get().returned_at
    studio.post("pass", sold.pk, status=400, action="extend", expires_on="2020-01-01")
    studio.post("pass", sold.pk, action="extend", expires_on="2099-01-01")
    assert "€180.00 is refunded" in studio.post("pass", sold.pk, action="end")
    assert Pass.objects.get().ended_at
    rate = PayRate.objects.create(venue=house.venue, name="Usual", base=Decimal(20))
    set_pay_rate(facilitator=house.mia, pay_rate=rate)
    [payout] = work_out_payouts(session_ids=[session.pk])
    table = studio.client.get(studio.path("payouts"), {"format": "csv"}).content.decode()
    assert "Mia,20.00,EUR," in table
    studio.post("payouts", status=400)
    # What was worked out anew since the page was read is not marked as paid unseen.
    shown = re.search(r'name="payout"[^>]* value="([^"]+)"', studio.get("payouts"))
    assert shown
    Payout.objects.update(amount=21)
    studio.post("payouts", status=409, payout=shown[1], action="settle")
    for wrong in (f"{payout.pk}:", f"{payout.pk}:x", f"{payout.pk}:²", "9" * 30 + ":1", str(payout.pk)):
        studio.post("payouts", status=400, payout=wrong)
        studio.post("payouts", status=400, payout=wrong, action="settle")
    Payout.objects.update(amount=20)
    # All are chosen to begin with: how much that is, is said before anything is settled.
    assert "1 payout, €20.00." in studio.post("payouts", payout=shown[1])
    payout.refresh_from_db()
    assert not payout.settled_at
    studio.post("payouts", payout=shown[1], action="settle")
    payout.refresh_from_db()
    assert payout.settled_at
    assert "€20.00" in studio.get("payouts", state="settled", teacher=house.mia.pk)
    asking, unwanted = (register_facilitator(venue=house.venue, user=make_user(), name=n) for n in "XY")
    studio.post("people", action=f"approve:{asking.pk}")
    studio.post("people", action=f"decline:{unwanted.pk}")
    studio.post("people", status=404, action=f"decline:{unwanted.pk}")
    studio.post("people", status=400, action=f"decline:{asking.pk}")
    assert set(Facilitator.objects.approved()) == {asking, house.mia}


def test_a_week_costs_the_same_however_much_is_on(studio: Studio) -> None:
    house = studio.house
    house.add_session(class_type=house.add_type(min_attendance=2))

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            studio.get("", date=at().date().isoformat())
        return len(captured)

    count()
    few = count()
    for hour in (6, 12, 15, 18):
        take(house.add_session(at(8, hour), class_type=house.add_type()))
    count()
    assert count() == few <= 20
