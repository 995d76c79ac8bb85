"""Moving, shrinking or swapping a booking keeps what cancelling it would have cost before."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from common import clock
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Source, Status
from reservations.links import token_for
from reservations.models import Reservation
from reservations.selectors import balance, owed_amount
from reservations.series import SeriesChange, SeriesScope, book_series, change_series
from reservations.series.booking import Pattern
from reservations.services import (
    ReservationChanges,
    cancel_reservation,
    cancellation_preview,
    change_reservation,
    expire_unpaid,
    mark_no_show,
    record_payment,
)
from reservations.services.deposits import PAYMENT_WINDOW
from resources.enums import PriceBasis
from resources.models import PriceRule, Resource
from tests.factories import (
    GUEST,
    at,
    book,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CUSTOMER = Actor()


@pytest.fixture
def room() -> Resource:
    """An hour and every person beyond cost 25.00; from two days before, half of it is kept."""
    venue = make_venue()
    open_always(venue)
    policy = make_policy(venue, (48, "100", "0"), (0, "50", "0"))
    return make_resource(venue, rules=make_rules(venue), cancellation_policy=policy)


@pytest.fixture
def booked(room: Resource) -> Reservation:
    """Two hours, paid; cancelling costs 25.00 of 50.00 now."""
    reservation = book(room, at(1, 10), minutes=120)
    record_payment(reservation_id=reservation.pk, amount=Decimal(50), actor=Actor(source=Source.STAFF))
    return reservation


def change(reservation: Reservation, actor: Actor = CUSTOMER, **changes: Any) -> Reservation:
    return change_reservation(
        reservation_id=reservation.pk, changes=ReservationChanges(**changes), actor=actor
    )


def move(reservation: Reservation, start: datetime, minutes: int = 120, **fields: Any) -> Reservation:
    return change(reservation, start=start, end=start + timedelta(minutes=minutes), **fields)


def fee_of(reservation: Reservation) -> Decimal:
    _, terms = cancel_reservation(reservation_id=reservation.pk, actor=CUSTOMER)
    return terms.fee


def _move_twice(reservation: Reservation) -> None:
    move(reservation, at(30))
    move(reservation, at(60))


def _move_and_shorten(reservation: Reservation) -> None:
    move(reservation, at(30))
    move(reservation, at(30), minutes=30)


def _swap(reservation: Reservation) -> None:
    [item] = reservation.items.all()
    other = make_resource(item.resource.venue, rules=item.resource.rules)
    change(reservation, resources={item.resource_id: other.pk})


WAYS_AROUND: dict[str, Callable[[Reservation], object]] = {
    "moving": lambda reservation: move(reservation, at(30)),
    "moving twice": _move_twice,
    "moving, then shortening": _move_and_shorten,
    "shortening": lambda reservation: move(reservation, at(1, 10), minutes=30),
    "a resource without a fee": _swap,
    "staff whom the customer asked": lambda reservation: move(
        reservation,
        at(30),
        actor=Actor(make_member(reservation.venue), Source.STAFF),
        customer_asked=True,
    ),
}


@pytest.mark.parametrize("way", WAYS_AROUND)
def test_there_is_no_way_around_the_fee(booked: Reservation, way: str) -> None:
    WAYS_AROUND[way](booked)

    assert fee_of(booked) == 25
    booked.refresh_from_db()
    assert [balance(booked), owed_amount(booked)] == [25, 25]


def test_fewer_people_pay_the_same_fee(room: Resource) -> None:
    PriceRule.objects.create(venue=room.venue, name="Person", basis=PriceBasis.PERSON, amount=Decimal(10))
    many = book(room, at(1, 10), party_size=5)  # 75.00

    change(many, party_size=1)  # 35.00

    assert fee_of(many) == Decimal("37.50")


def test_the_dearest_of_all_its_times_counts(room: Resource) -> None:
    early = book(room, at(30))
    assert move(early, at(1, 10)).minimum_fee == 0  # it was free then
    assert move(early, at(60), minutes=60).minimum_fee == 25  # half of two hours
    assert move(early, at(1, 10), minutes=30).minimum_fee == 25
    assert move(early, at(1, 12), minutes=240).minimum_fee == 25
    assert fee_of(early) == 50  # half of four hours


def test_the_venues_own_moves_cost_nothing(booked: Reservation) -> None:
    staff = Actor(make_member(booked.venue), Source.STAFF)
    assert move(booked, at(30), actor=staff).minimum_fee == 0
    assert fee_of(booked) == 0


def test_staff_may_still_waive_it(booked: Reservation) -> None:
    moved = move(booked, at(30))
    assert cancellation_preview(moved, now=clock.now(), waive_fee=True).refund == 50


def test_a_deposit_that_is_never_paid_frees_nobody(
    room: Resource, booked: Reservation, settings: Settings
) -> None:
    settings.PAYMENT_PROVIDER = "payments.tests.fake_provider.FakeProvider"
    room.rules.deposit_percent = 100
    room.rules.save()
    longer = move(booked, at(30), minutes=240)
    assert longer.status == Status.PENDING

    assert expire_unpaid(now=clock.now() + PAYMENT_WINDOW) == 1

    booked.refresh_from_db()
    assert booked.status == Status.EXPIRED
    assert [booked.fee_amount, balance(booked)] == [25, 25]


def test_whoever_moves_to_something_cheap_and_stays_away_owes_the_fee(booked: Reservation) -> None:
    move(booked, at(1, 10), minutes=30)
    missed = mark_no_show(reservation_id=booked.pk, actor=Actor(source=Source.STAFF), now=at(1, 11))
    assert owed_amount(missed) == 25


def test_a_series_is_no_way_around(room: Resource) -> None:
    start = at(1, 10).astimezone(room.venue.zone)
    pattern = Pattern(
        venue_id=room.venue_id,
        items=(ItemRequest(room.pk),),
        first_on=start.date(),
        at=start.time(),
        duration=timedelta(hours=1),
        rule="FREQ=DAILY;INTERVAL=3;COUNT=2",
    )
    series, _ = book_series(pattern=pattern, customer=GUEST, actor=CUSTOMER)

    moved = change_series(
        series_id=series.pk,
        anchor=None,
        scope=SeriesScope.ALL,
        change=SeriesChange(shift_days=30),
        actor=CUSTOMER,
    )

    # The second date is four days away: outside the tier, whatever the hour is now.
    assert sorted(each.minimum_fee for each in moved) == [Decimal(0), Decimal("12.5")]


def test_the_api_says_it_before_and_after(client: Client, room: Resource) -> None:
    customer = make_user()
    mine = book(room, at(1, 10), customer=Customer.from_user(customer))
    client.force_login(customer)
    address = f"/api/reservations/{mine.pk}"
    wish = {"start": at(30).isoformat()}

    def send(method: str, path: str, body: dict[str, Any]) -> Any:
        return getattr(client, method)(path, body, content_type="application/json").json()

    quote = send("post", f"{address}/reschedule-quote", wish)
    fewer = send("post", f"{address}/reschedule-quote", {"party_size": 2})
    moved = send("put", address, wish)

    assert (quote["available"], quote["minimum_fee"], fewer["minimum_fee"]) == (True, "12.50", "12.50")
    assert (moved["minimum_fee"], moved["cancellation_preview"]["fee"]) == ("12.50", "12.50")
    assert client.get(f"{address}/cancellation-quote").json()["fee"] == "12.50"
    assert send("post", f"{address}/cancel", {})["fee"] == "12.50"


@pytest.mark.once
def test_the_pages_and_the_mail_say_it(client: Client, booked: Reservation) -> None:
    link = [booked.pk, token_for(booked)]
    comparison = client.get(reverse("reservation-reschedule", args=link), {"start": at(30).isoformat()})
    edit = client.get(reverse("reservation-edit", args=link))
    assert 'data-minimum-fee="25.00"' in comparison.content.decode()
    assert "a cancellation fee of at least €25.00 will apply later" in edit.content.decode()

    wish = {"start": at(30).isoformat(), "version": booked.version}
    unseen = client.post(reverse("reservation-reschedule", args=link), wish | {"minimum_fee": "0"})
    assert (unseen.status_code, 'data-minimum-fee="25.00"' in unseen.content.decode()) == (409, True)
    done = client.post(reverse("reservation-reschedule", args=link), wish | {"minimum_fee": "25.00"})
    assert done.status_code == 302
    cancel = client.get(reverse("reservation-cancel", args=link)).content.decode()
    assert "a fee of at least €25.00 applies" in cancel


@pytest.mark.once
def test_the_calendar_asks_staff_whose_wish_it_is(client: Client, booked: Reservation) -> None:
    client.force_login(make_member(booked.venue))
    address = reverse("calendar-edit", args=[booked.pk])
    assert "Requested by the customer" in client.get(address).content.decode()
    zone = booked.venue.zone
    start = at(30).astimezone(zone)
    body = {
        "action": "save",
        "start": f"{start:%Y-%m-%dT%H:%M}",
        "end": f"{start + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "party_size": 1,
        "version": booked.version,
        "customer_asked": "on",
    }
    assert client.post(address, body).status_code in (200, 302)
    booked.refresh_from_db()
    assert booked.minimum_fee == 25
    assert booked.starts_at == at(30)
