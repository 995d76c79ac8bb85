"""As ``broken_rows``: the jobs of classes."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from classes.drafts import TierDraft
from classes.enums import TierPays
from classes.messages.names import ClassMessage
from classes.models import Instalment, Pass, PassKind, Session
from classes.policies.plans import Term
from classes.services import sell_pass, wait_for_seat
from classes.signals import instalments_due, passes_expiring, sessions_changed
from classes.tests.helpers import STAFF, House, make_house, take
from common import clock
from notifications.models import Message
from reservations.domain.values import Actor, Customer
from tests.broken_rows import Case, failing, is_there, nowhere, status_of
from tests.factories import at, make_user
from waitlist.models import WaitlistEntry
from waitlist.signals import entries_changed


def two_sessions(**fields: Any) -> tuple[House, Session, Session]:
    house = make_house()
    return house, house.add_session(at(2, 10), **fields), house.add_session(at(2, 12), **fields)


def sessions_that_are_over() -> Case:
    _house, first, second = two_sessions()
    breaking = failing(sessions_changed, "changes", first.pk)
    return Case(first.pk, breaking, [status_of(each, "completed") for each in (first, second)], at(2, 14))


def sessions_with_too_few_people() -> Case:
    house = make_house()
    kind = house.add_type(min_attendance=3, decide_hours=48)
    sessions = [house.add_session(at(3, hour), class_type=kind) for hour in (10, 12)]
    noted = Session.objects.filter(minimum_noted_at__isnull=False)
    done = [partial(is_there, noted.filter(pk=session.pk)) for session in sessions]
    return Case(sessions[0].pk, failing(sessions_changed, "changes", sessions[0].pk), done, at(2, 14))


def wait(session: Session) -> WaitlistEntry:
    user = make_user()
    return wait_for_seat(session_id=session.pk, customer=Customer.from_user(user), actor=Actor(user))


def lines_that_close() -> Case:
    house = make_house()
    kind = house.add_type(waitlist_close_minutes=24 * 60)
    sessions = [house.add_session(at(3, hour), capacity=1, class_type=kind) for hour in (16, 18)]
    entries = [wait(session) for session in sessions]
    breaking = failing(entries_changed, "changes", entries[0].pk)
    return Case(sessions[0].pk, breaking, [status_of(each, "expired") for each in entries], at(2, 20))


def waits_of_people_with_a_seat() -> Case:
    house = make_house()
    session = house.add_session(at(5))
    elsewhere: dict[str, Any] = {"facilitator": house.add_facilitator(), "place": house.add_studio()}
    beside = house.add_session(at(5), capacity=1, **elsewhere)
    users = [make_user() for _each in range(2)]
    seats = [take(session, user) for user in users]
    entries = [
        wait_for_seat(session_id=beside.pk, customer=Customer.from_user(user), actor=Actor(user))
        for user in users
    ]
    breaking = failing(entries_changed, "changes", entries[0].pk)
    return Case(seats[0].pk, breaking, [status_of(each, "left") for each in entries], clock.now())


def instalments_that_are_due() -> Case:
    house = make_house()
    tiers = (TierDraft("Room", Decimal(100), 9, pays=TierPays.PLAN),)
    retreat = house.add_session(at(30), tiers=tiers, plan=[Term(Decimal(100), days_before=10)])
    for _each in range(2):
        take(retreat, tier_id=retreat.tiers.get().pk)
    parts = list(Instalment.objects.order_by("pk"))
    told = Instalment.objects.filter(told__isnull=False)
    done = [partial(is_there, told.filter(pk=part.pk)) for part in parts]
    breaking = failing(instalments_due, "instalments", parts[0].pk)
    return Case(parts[0].pk, breaking, done, at(13, 12))


def passes_that_expire() -> Case:
    house = make_house()
    kind = PassKind.objects.create(
        venue=house.venue, name="Five", credits=5, price=Decimal(50), valid_days=10
    )
    passes = [
        sell_pass(kind_id=kind.pk, customer=make_user(), actor=STAFF, is_paid=True) for _each in range(2)
    ]
    warned = Pass.objects.filter(warned_at__isnull=False)
    done = [partial(is_there, warned.filter(pk=sold.pk)) for sold in passes]
    breaking = failing(passes_expiring, "passes", passes[0].pk)
    return Case(passes[0].pk, breaking, done, clock.now() + timedelta(days=4))


def rosters_of_tomorrow() -> Case:
    houses = [make_house() for _each in range(2)]
    for house in houses:
        house.add_session(at(2, 10))
    sent = Message.objects.filter(kind=ClassMessage.PEOPLE_TOMORROW)
    done = [partial(is_there, sent.filter(venue=house.venue)) for house in houses]
    return Case(houses[0].venue.pk, nowhere(houses[0].venue), done, at(1, 17))
