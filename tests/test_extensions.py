"""A product's own rules bind every door: API, cart, hold and booking, waitlist, series, change, planner."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client

from calendars.kinds import BuiltInKind
from calendars.tests.helpers import events, feed_path
from common.error_codes import error_codes
from common.errors import DomainError
from frontdesk.planning import relocate_bookings
from notifications.models import Message
from notifications.rendering import render_message
from notifications.tests.helpers import kinds
from reservations.domain.extensions import Extension, Proposal, Refusal, extensions, register_extension
from reservations.domain.naming import name_with_places
from reservations.domain.values import SYSTEM, Actor, Customer, ItemRequest, ReservationChanges, all_units_of
from reservations.enums import Purpose, Source, Status
from reservations.exceptions import SlotTaken
from reservations.links import manage_path
from reservations.messages.names import BookingMessage
from reservations.models import Reservation
from reservations.series.booking import Pattern, book_series
from reservations.series.changing import SeriesChange, SeriesScope, change_series
from reservations.services import (
    add_to_hold,
    block_time,
    change_reservation,
    confirm_hold,
    confirm_holds,
    preview_change,
)
from reservations.tests.api_helpers import post
from resources.models import Resource
from search.quotes import quote_booking
from storefront.tests.page_steps import code_of, post_hold
from tests.factories import GUEST, at, book, hold, make_member, make_resource, make_user
from waitlist.services import offer_freed_capacity
from waitlist.tests.helpers import join

pytestmark = pytest.mark.django_db
SIX = 6
"""A boat is for six at most, whatever the room's rules say; an hour for up to three, two for more."""


class Boats(Extension):
    reasons = {
        400: {"sinks": "too many for a boat", "wrong_duration": "not as long as so many people row"},
        409: {"ashore": "all boats are being mended"},
    }

    def __init__(self) -> None:
        self.locked: list[int] = []
        self.is_ashore = False
        self.recorded: list[tuple[str, int]] = []

    def lock(self, proposal: Proposal) -> None:
        self.locked.append(proposal.span.party_size)
        # Another request may have changed this until now.
        self.is_ashore |= proposal.customer.email == "late@example.com"

    def refusal(self, proposal: Proposal) -> Refusal | None:
        if self.is_ashore:
            return Refusal("ashore", "All boats are being mended.")
        if proposal.span.party_size > SIX:
            return Refusal("sinks", "Six at most.")
        hours = (proposal.span.end - proposal.span.start) / 60
        is_right = hours == (1 if proposal.span.party_size <= 3 else 2)
        return None if is_right else Refusal("wrong_duration", "Not so long.")

    def price(self, proposal: Proposal, price: Mapping[str, Any]) -> Mapping[str, Any]:
        amount = Decimal(0) if proposal.customer.email == "crew@example.com" else Decimal(10)
        total = amount * proposal.span.party_size
        return {
            **price,
            "total_amount": total,
            "price_lines": [{"label": "Boat", "amount": str(total)}],
            "cancellation_terms": [{"amount": str(total), "tiers": []}],
        }

    def adapt(self, reservation: Reservation, changes: ReservationChanges) -> ReservationChanges:
        if changes.party_size is None:
            return changes
        hours = 1 if changes.party_size <= 3 else 2
        return replace(changes, end=(changes.start or reservation.starts_at) + timedelta(hours=hours))

    def record(self, reservation: Reservation) -> None:
        self.recorded.append((reservation.status, reservation.party_size))

    def title(self, proposal: Proposal) -> str:
        return f"Boat for {proposal.span.party_size}"


@pytest.fixture
def boats() -> Iterator[Boats]:
    extension = Boats()
    register_extension("boats", extension)
    yield extension
    extensions.unregister("boats")
    for code in ("sinks", "wrong_duration", "ashore"):
        error_codes.unregister(code)


@pytest.fixture
def boat(boats: Boats) -> Resource:
    return make_resource(extension="boats", capacity=20, name="Boat")


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as error:
        act()
    return error.value.code


def test_a_booking_has_the_products_price_title_and_rows(boat: Resource, boats: Boats) -> None:
    made = book(boat, party_size=2)
    assert (int(made.total_amount), made.title) == (20, "Boat for 2")
    assert boats.recorded == [("confirmed", 2)]
    assert boats.locked == [2]
    assert refused(lambda: book(boat, at(8), party_size=7)) == "sinks"
    assert refused(lambda: book(boat, at(8), party_size=5)) == "wrong_duration"


def test_it_is_asked_again_under_its_own_lock(boat: Resource) -> None:
    late = Customer(name="Lou", email="late@example.com")
    with pytest.raises(SlotTaken) as error:
        book(boat, party_size=2, customer=late)
    assert (error.value.code, error.value.status) == ("ashore", 409)
    assert not Reservation.objects.exists()


def test_a_booking_stays_with_its_product(boat: Resource) -> None:
    made = book(boat, party_size=2)
    plain = make_resource(boat.venue, rules=boat.rules, capacity=20)
    staff = Actor(make_member(boat.venue), Source.STAFF)
    change = partial(change_reservation, actor=staff)
    to_plain = ReservationChanges(resources={boat.pk: plain.pk})
    assert refused(lambda: change(reservation_id=made.pk, changes=to_plain)) == "refused"
    ordinary = book(plain, party_size=2)
    to_boat = ReservationChanges(resources={plain.pk: boat.pk})
    assert refused(lambda: change(reservation_id=ordinary.pk, changes=to_boat)) == "refused"


def test_nobody_else_keeps_the_rules_of_a_product_that_is_gone(boat: Resource, boats: Boats) -> None:
    made = book(boat, party_size=2)
    other = make_resource(boat.venue, rules=boat.rules, extension="balloons")
    assert refused(lambda: book(other)) == "inactive"
    changes = ReservationChanges(resources={boat.pk: other.pk})
    assert (
        refused(lambda: change_reservation(reservation_id=made.pk, changes=changes, actor=Actor()))
        == "refused"
    )


def test_holds_carts_and_their_confirmation(boat: Resource, boats: Boats) -> None:
    held = [hold(boat, at(7, hour), party_size=2) for hour in (10, 12)]
    crew = Customer(name="Crew", email="crew@example.com")
    done = confirm_hold(reservation_id=held[0].pk, customer=crew, actor=Actor())
    assert [int(done.total_amount), int(Reservation.objects.get(pk=done.pk).total_amount)] == [0, 0]
    [cart] = confirm_holds(reservation_ids=[held[1].pk], customer=GUEST, actor=Actor())
    assert (int(cart.total_amount), cart.title) == (20, "Boat for 2")
    sold_out = hold(boat, at(7, 14), party_size=2)
    Reservation.objects.filter(pk=sold_out.pk).update(party_size=9)
    assert refused(lambda: confirm_hold(reservation_id=sold_out.pk, customer=GUEST, actor=Actor())) == "sinks"
    assert refused(lambda: hold(boat, at(8), party_size=7)) == "sinks"


def test_adding_to_a_hold(boat: Resource) -> None:
    plain = make_resource(boat.venue, rules=boat.rules, capacity=20)
    held = hold(plain, party_size=7)
    add = partial(add_to_hold, reservation_id=held.pk, resource_id=boat.pk, actor=Actor())
    assert refused(add) == "sinks"
    assert held.items.count() == 1


def test_changes_are_adapted_judged_priced_and_shown_so(boat: Resource, boats: Boats) -> None:
    made = book(boat, party_size=2)
    staff = Actor(make_member(boat.venue), Source.STAFF)
    more = ReservationChanges(party_size=5)
    preview = preview_change(made, more, actor=staff, now=at(0))
    changed = change_reservation(reservation_id=made.pk, changes=more, actor=staff)
    assert (changed.ends_at - changed.starts_at, changed.total_amount) == (timedelta(hours=2), preview.new)
    assert preview.new == 50
    too_many = ReservationChanges(party_size=7)
    change = partial(change_reservation, reservation_id=made.pk, actor=staff)
    assert refused(lambda: change(changes=too_many)) == "sinks"
    longer = ReservationChanges(end=changed.ends_at + timedelta(hours=1))
    assert refused(lambda: change(changes=longer)) == "wrong_duration"
    assert boats.recorded[-1] == ("confirmed", 5)


def test_a_series(boat: Resource, boats: Boats) -> None:
    pattern = Pattern(
        venue_id=boat.venue_id,
        items=(ItemRequest(boat.pk),),
        rule="FREQ=DAILY;COUNT=3",
        first_on=at(7).date(),
        at=time(10),
        duration=timedelta(hours=1),
        party_size=2,
    )
    customer = Customer.from_user(make_user())
    series, _left_out = book_series(pattern=pattern, customer=customer, actor=Actor())
    booked = [(each.title, int(each.total_amount)) for each in series.reservations.all()]
    assert booked == [("Boat for 2", 20)] * 3
    boats.locked.clear()
    more = SeriesChange(party_size=4)
    changed = change_series(
        series_id=series.pk, anchor=None, scope=SeriesScope.ALL, change=more, actor=Actor(customer.user)
    )
    assert [(each.party_size, int(each.total_amount)) for each in changed] == [(4, 40)] * 3
    assert boats.locked == [4] * 3
    many = replace(pattern, party_size=7, first_on=at(17).date())
    assert refused(lambda: book_series(pattern=many, customer=customer, actor=Actor())) == "sinks"


def test_offers_to_those_who_wait(boat: Resource) -> None:
    waits = join(boat, party_size=7, duration=60)
    fits = join(boat, party_size=2, duration=60, customer=Customer(None, "Bo", "bo@example.com"))
    offers = offer_freed_capacity(venue_id=boat.venue_id)
    assert [each.entry_id for each in offers] == [fits.pk]
    waits.refresh_from_db()
    assert waits.skip_reason == "sinks"


def test_the_planner_moves_only_where_the_product_agrees(boat: Resource) -> None:
    made = book(boat, party_size=2)
    make_resource(boat.venue, rules=boat.rules, extension="balloons", capacity=20, name="Balloon")
    staff = Actor(make_member(boat.venue), Source.STAFF)
    [stays] = relocate_bookings(
        venue_id=boat.venue_id,
        resource_id=boat.pk,
        start=made.starts_at,
        end=made.ends_at,
        actor=staff,
    )
    assert stays.to is None
    made.refresh_from_db()
    assert made.items.get().resource_id == boat.pk


def test_api_quote_and_page_say_the_same(boat: Resource, client: Client) -> None:
    start = at(7, 10)
    body = {
        "resource_id": str(boat.uuid),
        "start": start.isoformat(),
        "duration": 60,
        "party_size": 7,
        "customer_info": {"name": "Ada", "email": "ada@example.com"},
    }
    answer = post(client, "/api/reservations", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "sinks")
    made = post(client, "/api/reservations", body | {"party_size": 3}).json()
    assert made["total_cost"] == "30.00"
    quote = partial(
        quote_booking,
        venue_id=boat.venue_id,
        items=[ItemRequest(boat.pk)],
        start=at(8),
        end=at(8, 11),
        actor=Actor(),
    )
    assert [(quote(party_size=each).code, int(quote(party_size=each).total)) for each in (7, 3)] == [
        ("sinks", 70),
        ("", 30),
    ]


def test_a_page_refuses_what_the_product_does(boat: Resource, client: Client) -> None:
    refusal = post_hold(client, boat, at(7), party_size=7)
    assert (refusal.status_code, code_of(refusal)) == (400, "sinks")
    held = post_hold(client, boat, at(7), party_size=3)
    assert held.status_code == 302
    assert Reservation.objects.get().total_amount == 30


def test_its_title_comes_first_wherever_the_booking_is_named(boat: Resource, client: Client) -> None:
    account = make_user("ada@people.example")
    made = book(boat, party_size=2, customer=Customer.from_user(account))
    client.force_login(account)
    page = client.get(manage_path(made)).content.decode()
    own_list = client.get("/my/").content.decode()
    (mine,) = events(feed_path(account, BuiltInKind.CUSTOMER))
    (staffs,) = events(feed_path(make_member(boat.venue), BuiltInKind.VENUE, venue=boat.venue))
    told = Message.objects.filter(kind=BookingMessage.CONFIRMED).get()
    assert "Boat for 2" in page
    assert "Boat for 2" in own_list
    assert mine["summary"] == f"Boat for 2 · {boat.venue.name}"
    assert mine["location"].startswith("Boat, ")
    assert staffs["summary"] == f"Boat for 2: {made.customer_name} (2)"
    assert "Boat for 2" in render_message(told, "en").text
    assert name_with_places(made) == "Boat for 2 · Boat"


def test_another_place_alone_is_no_news_where_the_product_says_so(boat: Resource, boats: Boats) -> None:
    made = book(boat, party_size=2)
    other = make_resource(boat.venue, rules=boat.rules, extension="boats", capacity=20, name="Other boat")
    third = make_resource(boat.venue, rules=boat.rules, extension="boats", capacity=20, name="Third boat")
    quiet = Actor(make_member(boat.venue), SYSTEM.source)
    change = partial(change_reservation, reservation_id=made.pk, actor=quiet)
    Message.objects.all().delete()
    boats.tells_of_places = False
    change(changes=ReservationChanges(resources={boat.pk: other.pk}))
    assert list(Message.objects.all()) == []
    moved_too = ReservationChanges(start=at(7, 12), end=at(7, 13), resources={other.pk: third.pk})
    change(changes=moved_too)
    assert BookingMessage.CHANGED in kinds()
    Message.objects.all().delete()
    boats.tells_of_places = True
    change(changes=ReservationChanges(resources={third.pk: boat.pk}))
    assert BookingMessage.CHANGED in kinds()
    assert [event.source for event in made.events.order_by("id")][1:] == ["system"] * 3


def test_blocks_by_staff_are_the_venues_own(boat: Resource) -> None:
    block = block_time(
        venue_id=boat.venue_id,
        items=all_units_of([boat.pk]),
        start=at(9, 10),
        end=at(9, 15),
        title="Repair",
        purpose=Purpose.BLOCK,
        actor=Actor(make_member(boat.venue), Source.STAFF),
    )
    assert block.status == Status.CONFIRMED
