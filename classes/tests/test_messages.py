"""One message for each person and event, and none for who has no address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core import mail

from classes import services
from classes.drafts import TierDraft
from classes.enums import TierPays
from classes.messages.names import ClassMessage
from classes.messages.reminders import tell_of_tomorrow
from classes.models import Facilitator, PassKind, SeatBooking, Session
from classes.policies.plans import Term
from classes.services import SessionChanges, sweeping
from classes.tests.helpers import STAFF, House, make_house, take
from common.clock import now
from common.venues import Role
from notifications.links import insert_links
from notifications.models import Message
from notifications.rendering import message_language, render_message
from notifications.tests.helpers import send_all
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from tests.factories import at, make_member, make_user
from waitlist.models import WaitlistOffer
from waitlist.services import accept_offer, offer_freed_capacity

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
Told = list[tuple[str, str]]


ADA = Customer(None, "Ada", "ada@example.com")
BOB = Customer(None, "Bob", "bob@example.com")
NAMELESS = Customer(None, "Walk-in")


@dataclass
class Scene:
    """John's classes; Anna teaches, too, and the boss reads what staff are told."""

    house: House
    john: Facilitator
    anna: Facilitator
    boss: Actor
    hours: int = 0

    def put_up(self, **fields: Any) -> Session:
        self.hours += 2
        start = fields.pop("start", at(3, 8) + self.hours * HOUR)
        return self.house.add_session(start, **{"facilitator": self.john, **fields})

    def book(self, session: Session, who: Customer = ADA, **fields: Any) -> SeatBooking:
        actor = self.boss if who is NAMELESS else Actor()
        return take(session, who, actor=actor, **fields)

    def wait(self, session: Session) -> None:
        services.wait_for_seat(session_id=session.pk, customer=BOB, actor=Actor())

    def fill(self, **fields: Any) -> Session:
        """Ada has a seat, and so has somebody without an address; Bob waits."""
        start = fields.pop("start", None)
        begin = {"start": start} if start else {}
        session = self.put_up(capacity=2, class_type=self.house.add_type(**fields), **begin)
        self.book(session)
        self.book(session, NAMELESS)
        self.wait(session)
        return session

    def free_one(self, session: Session) -> None:
        seat = SeatBooking.objects.active().filter(session=session, guest_key=ADA.email).get()
        services.cancel_booking(booking_id=seat.pk, actor=Actor())
        offer_freed_capacity(venue_id=self.house.venue.pk)


@pytest.fixture
def scene() -> Scene:
    house = make_house()
    john = house.add_facilitator("John", make_user("john@example.com"))
    anna = house.add_facilitator("Anna", make_user("anna@example.com"))
    return Scene(house, john, anna, Actor(make_member(house.venue, email="boss@example.com"), Source.STAFF))


def told_by(act: Callable[..., Any], *args: Any, **fields: Any) -> Told:
    before = set(Message.objects.values_list("pk", flat=True))
    act(*args, **fields)
    rows = Message.objects.exclude(pk__in=before).values_list("kind", "recipient")
    assert all(recipient for _kind, recipient in rows)
    return sorted((kind, recipient.partition("@")[0]) for kind, recipient in rows)


def read_mail(kind: ClassMessage) -> str:
    """The first of its kind, as it is sent."""
    message = Message.objects.filter(kind=kind).earliest("pk")
    return insert_links(render_message(message, "en").text, message)


def test_seats_and_sessions_tell_everybody_once(scene: Scene) -> None:
    """As the table in docs/classes.md says it."""
    by_john, by_boss = Actor(scene.john.user), scene.boss
    session = scene.put_up(capacity=4)
    new = [("confirmed", "ada"), ("staff_booking", "boss"), ("staff_class_booked", "john")]
    assert told_by(scene.book, session) == new
    assert told_by(scene.book, session, NAMELESS) == [("staff_class_booked", "john")]
    full = scene.fill()
    joined = scene.put_up(capacity=1)
    scene.book(joined)
    assert told_by(scene.wait, joined) == [("waitlist_joined", "bob")]

    later = SessionChanges(starts_at=full.starts_at + HOUR, ends_at=full.ends_at + HOUR)
    move: dict[str, Any] = {"session_id": full.pk, "changes": later}
    assert told_by(services.change_session, **move, actor=by_boss, dry_run=True) == []
    assert told_by(services.change_session, **move, actor=by_john) == [
        ("changed", "ada"),
        ("class_wait_moved", "bob"),
    ]
    back = SessionChanges(starts_at=full.starts_at, ends_at=full.ends_at, facilitator=scene.anna)
    move["changes"] = back
    assert told_by(services.change_session, **move, actor=by_boss) == [
        ("changed", "ada"),
        ("class_wait_moved", "bob"),
        ("staff_class_leads_now", "anna"),
        ("staff_class_substitute_found", "john"),
    ]
    swap: dict[str, Any] = {"session_id": full.pk, "facilitator": scene.john}
    assert told_by(services.substitute, **swap, actor=by_john) == [
        ("class_teacher", "ada"),
        ("staff_class_substitute_found", "anna"),
    ]
    assert f"/teach/sessions/{session.pk}/" in read_mail(ClassMessage.BOOKED)
    letter: dict[str, Any] = {"session_id": full.pk, "text": "Bring a blanket", "key": "1"}
    assert told_by(services.write_letter, **letter, actor=by_john) == [("class_letter", "ada")]
    assert told_by(services.write_letter, **letter, actor=by_john) == []
    # Guests read on in the language in which they booked.
    written = Message.objects.get(kind=ClassMessage.LETTER)
    Message.objects.filter(kind="confirmed", recipient=written.recipient).update(language="de")
    assert message_language(written) == "de"
    off: dict[str, Any] = {"session_id": full.pk, "reason": "Ill"}
    assert told_by(services.cancel_session, **off, actor=by_boss, dry_run=True) == []
    assert told_by(services.cancel_session, **off, actor=by_john) == [
        ("cancelled", "ada"),
        ("staff_class_cancelled", "boss"),
        ("waitlist_called_off", "bob"),
    ]
    assert told_by(services.cancel_session, **off, actor=by_john) == []
    assert told_by(services.cancel_session, session_id=session.pk, actor=by_boss) == [
        ("cancelled", "ada"),
        ("staff_class_cancelled", "john"),
    ]


def test_lines_tell_everybody_once(scene: Scene) -> None:
    gone = [("cancelled", "ada"), ("staff_cancelled", "boss")]
    held, at_once, for_all = (scene.fill(waitlist_mode=mode) for mode in ("held", "auto", "open"))
    assert told_by(scene.free_one, held) == [*gone, ("staff_class_left", "john"), ("waitlist_offered", "bob")]
    offer = WaitlistOffer.objects.get()
    booked = [("confirmed", "bob"), ("staff_booking", "boss"), ("staff_class_booked", "john")]
    assert told_by(accept_offer, offer_id=offer.pk, actor=Actor()) == booked
    assert told_by(scene.free_one, at_once) == sorted([*gone, *booked, ("staff_class_left", "john")])
    assert told_by(scene.free_one, for_all) == sorted([*gone, ("class_seat_open", "bob")])
    closing = for_all.starts_at - timedelta(minutes=30)
    assert told_by(sweeping.close_waitlists, now=closing) == [("waitlist_closed", "bob")]
    assert told_by(sweeping.close_waitlists, now=closing) == []


def test_who_asks_to_teach_is_answered(scene: Scene) -> None:
    ask: dict[str, Any] = {"venue": scene.house.venue, "user": make_user("pia@example.com"), "name": "Pia"}
    assert told_by(services.register_facilitator, **ask) == [("staff_class_teacher_asks", "boss")]
    assert told_by(services.register_facilitator, **ask) == []
    assert f"/studio/{scene.house.venue.slug}/people/" in read_mail(ClassMessage.ASKS)
    pia = Facilitator.objects.get(name="Pia")
    assert told_by(services.approve_facilitator, facilitator=pia) == [("staff_class_teacher_approved", "pia")]
    assert told_by(services.approve_facilitator, facilitator=pia) == []
    assert "/teach/" in read_mail(ClassMessage.APPROVED)
    # Where somebody manages the venue, nobody else is sent to a page that is not for them.
    make_member(scene.house.venue, Role.MANAGER, email="chief@example.com")
    again = ask | {"user": make_user("kim@example.com"), "name": "Kim"}
    assert told_by(services.register_facilitator, **again) == [("staff_class_teacher_asks", "chief")]
    # Whoever is let in at once has not asked.
    assert told_by(scene.house.add_facilitator, "Max") == []


def test_what_the_hour_tells_is_told_once(scene: Scene) -> None:
    plan = (Term(Decimal(50), days_before=30), Term(Decimal(50), days_before=10))
    tiers = (TierDraft("Double room", Decimal(200), 4, pays=TierPays.PLAN),)
    retreat = scene.put_up(start=at(40), minutes=2880, session_type="retreat", tiers=tiers, plan=plan)
    scene.book(retreat, tier_id=retreat.tiers.get().pk)
    ten = PassKind.objects.create(
        venue=scene.house.venue, name="Ten", credits=10, price=Decimal(90), valid_days=7
    )
    services.sell_pass(kind_id=ten.pk, customer=make_user("eve@example.com"), actor=STAFF, is_paid=True)
    few = scene.fill(min_attendance=5, decide_hours=24)
    scene.fill(min_attendance=5, decide_hours=24, below_minimum="cancel")
    assert told_by(sweeping.warn_of_passes, now=now()) == [("class_pass_expiring", "eve")]
    assert told_by(sweeping.warn_of_passes, now=now()) == []
    soon = few.starts_at - HOUR
    assert told_by(sweeping.check_minimum, now=soon) == [
        ("cancelled", "ada"),
        ("staff_class_cancelled", "boss"),
        ("staff_class_cancelled", "john"),
        ("staff_class_minimum", "boss"),
        ("waitlist_called_off", "bob"),
    ]
    assert told_by(sweeping.check_minimum, now=soon) == []
    assert "Reason: Too few people have booked." in read_mail(ClassMessage.CALLED_OFF)
    assert "People booked" not in read_mail(ClassMessage.CALLED_OFF)
    assert f"/sessions/{few.pk}/" in read_mail(ClassMessage.MINIMUM)
    for days, kind in ((-7, "due"), (-6, ""), (-1, "due"), (0, ""), (2, "late"), (3, "")):
        expected = [(f"class_instalment_{kind}", "ada")] if kind else []
        day = at(10 + days, 12)  # the first part is due in ten days
        assert told_by(sweeping.remind_of_instalments, now=day) == expected, days
    noon, evening = (few.starts_at.replace(hour=hour) - timedelta(days=1) for hour in (12, 18))
    tomorrow: dict[str, Any] = {"venue_id": scene.house.venue.pk}
    assert told_by(tell_of_tomorrow, now=noon, **tomorrow) == []
    assert told_by(tell_of_tomorrow, now=evening, **tomorrow) == [("staff_class_roster", "john")]
    assert told_by(tell_of_tomorrow, now=evening + HOUR, **tomorrow) == []


def test_a_roster_comes_late_rather_than_never(scene: Scene) -> None:
    """Nothing ran in the evening; it does not come once the day's first class has begun."""
    first, late = scene.put_up(), scene.put_up(facilitator=scene.anna)
    scene.put_up()
    zone, tomorrow = scene.house.venue.zone, {"venue_id": scene.house.venue.pk}
    morning = first.local_start.replace(hour=0, minute=5)
    with time_machine.travel(morning):
        # Put up today, as she knows.
        new = scene.put_up(facilitator=scene.house.mia, start=first.starts_at + 7 * HOUR)
        assert new.local_start.date() == morning.date()
    assert told_by(tell_of_tomorrow, now=first.starts_at + timedelta(minutes=1), **tomorrow) == [
        ("staff_class_roster", "anna")
    ]
    assert told_by(tell_of_tomorrow, now=late.starts_at, **tomorrow) == []
    assert told_by(tell_of_tomorrow, now=morning, **tomorrow) == [("staff_class_roster", "john")]
    assert told_by(tell_of_tomorrow, now=morning + HOUR, **tomorrow) == []
    told = Message.objects.get(kind="staff_class_roster", user=scene.john.user)
    for at_time, day in ((morning, "Today"), (morning - 2 * HOUR, "Tomorrow")):
        with time_machine.travel(at_time.astimezone(zone)):
            assert render_message(told, "en").subject.startswith(f"{day} at ")


def test_a_substitute_is_asked_for_and_found(scene: Scene) -> None:
    session, by_john = scene.put_up(), Actor(scene.john.user)
    scene.book(session)
    scene.book(session, NAMELESS)
    ask: dict[str, Any] = {"session_id": session.pk, "note": "I'm away"}
    asked = told_by(services.ask_for_substitute, **ask, actor=by_john)
    others = {scene.house.mia.user.email.partition("@")[0], "anna"}
    assert asked == sorted(("staff_class_substitute_wanted", name) for name in others)
    found = told_by(
        services.accept_to_substitute,
        session_id=session.pk,
        facilitator=scene.anna,
        actor=Actor(scene.anna.user),
    )
    assert found == [("class_teacher", "ada"), ("staff_class_substitute_found", "john")]
    send_all()
    told = {message.to[0].rpartition("<")[2].partition("@")[0]: message for message in mail.outbox}
    assert "Anna teaches your class at" in told["ada"].body
    assert "Morning Meditation" in told["ada"].subject
    assert "With: Anna" in next(each.body for each in mail.outbox if each.subject.startswith("Confirmed"))
    # Nobody is asked for what somebody has taken over already.
    assert Message.objects.filter(kind="staff_class_substitute_wanted", status="sent").count() == 0


def test_who_teaches_hears_who_has_cancelled(scene: Scene) -> None:
    """At once, and what follows within the hour in one mail; not what they called off themselves."""
    session, other, off = scene.put_up(), scene.put_up(capacity=4), scene.put_up()
    seats = [scene.book(session, who, quantity=2) for who in (ADA, BOB, NAMELESS)]
    more, also_off = scene.book(other, quantity=3), scene.book(off)
    cancel, told = services.cancel_booking, []
    by_john = {"booking_id": seats[1].pk, "actor": Actor(scene.john.user)}
    assert told_by(cancel, **by_john) == [("cancelled", "bob"), ("staff_cancelled", "boss")]
    by_ada = {"booking_id": seats[0].pk, "actor": Actor()}
    news = told_by(cancel, **by_ada)
    assert news == [("cancelled", "ada"), ("staff_cancelled", "boss"), ("staff_class_left", "john")]
    assert "Ada has cancelled a booking at " in (text := read_mail(ClassMessage.LEFT))
    assert "Ada (2)" in text
    assert "Seats left: 8 of 10" in text
    assert "Walk-in" not in text
    start = now()
    with time_machine.travel(start + HOUR / 2):
        for seat in (seats[2], more, also_off):
            told += told_by(cancel, booking_id=seat.pk, actor=scene.boss)
        services.cancel_session(session_id=off.pk, actor=scene.boss)
        send_all()
        assert [kind for kind, _who in told].count(ClassMessage.LEFT) == 1
        assert [each.subject for each in mail.outbox if each.subject.startswith("Cancelled: Ada, ")]
        assert not [each for each in mail.outbox if "Walk-in" in each.body and "cancelled" in each.body]
    with time_machine.travel(start + HOUR + timedelta(minutes=2)):
        again = told_by(cancel, booking_id=scene.book(session).pk, actor=Actor())
        assert ("staff_class_left", "john") in again
        mail.outbox.clear()
        send_all()
        (late,) = [each for each in mail.outbox if "2 bookings were cancelled at" in each.body]
        assert late.subject == f"2 bookings cancelled at {scene.house.venue.name}"
        assert "Walk-in (2)\nSeats left: 10 of 10" in late.body
        assert "Ada (3)\nSeats left: 4 of 4" in late.body


def test_one_who_teaches_and_reads_for_the_house_hears_once(scene: Scene) -> None:
    boss = scene.house.add_facilitator("Boss", scene.boss.user)
    session = scene.put_up(facilitator=boss)
    assert told_by(scene.book, session) == [("confirmed", "ada"), ("staff_booking", "boss")]
    by_john = Actor(scene.john.user)
    assert told_by(services.cancel_session, session_id=session.pk, actor=by_john) == [
        ("cancelled", "ada"),
        ("staff_class_cancelled", "boss"),
    ]
