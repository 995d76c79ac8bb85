"""A resource's own page: its days and times, its words, its form, and how it refuses."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from common.templatetags.holdfast import coins
from reservations.domain.values import Actor
from reservations.models import Reservation
from reservations.services import release_hold
from resources.catalog import bookable
from resources.enums import Approval, Audience, Period, PriceBasis, ResourceKind, UnitsBy
from resources.models import AvailabilityOverride, Holiday, OpeningHours, PriceRule, Venue
from tests.factories import (
    at,
    book,
    make_group,
    make_lodging,
    make_policy,
    make_resource,
    make_rules,
    make_venue,
    open_weekly,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def venue() -> Venue:
    venue = make_venue(time_zone="UTC", street="Mühlenweg 12", city="Berlin", phone="+493023125100")
    open_weekly(venue, time(8), time(20))
    return venue


def day(client: Client, place: Any, **asked: Any) -> Any:
    return client.get(reverse("resource-day", args=[place.uuid]), {"date": on(3)} | asked)


def on(days: int) -> str:
    return at(days).date().isoformat()


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_the_week_says_how_much_is_free_each_day(client: Client, venue: Venue) -> None:
    room = make_resource(venue, rules=make_rules(venue, max_advance_days=5))
    book(room, at(2, 8), minutes=480)
    book(room, at(2, 16), minutes=240)
    book(room, at(3, 8), minutes=60)
    closed = at(4).date()
    AvailabilityOverride.objects.create(venue=venue, starts_on=closed, ends_on=closed)

    found = {each.on: each for each in day(client, room, duration=60).context["strip"]}

    states = [(found[at(days).date()].state, found[at(days).date()].free) for days in (1, 2, 3, 4, 6)]
    assert states == [("free", 23), ("full", 0), ("free", 21), ("closed", 0), ("later", 0)]
    html = text_of(day(client, room, duration=60))
    for words in ("21 free", "full", "closed", "not open yet"):
        assert words in html


def test_weeks_follow_each_other_and_show_the_chosen_day(client: Client, venue: Venue) -> None:
    room = make_resource(venue)
    for ahead in (0, 6, 7, 20):
        context = day(client, room, date=on(ahead)).context
        days = [each.on for each in context["strip"]]
        assert len(days) == 7
        assert at(ahead).date() in days
        assert (days[0] - at(0).date()).days % 7 == 0
        assert (context["earlier"] is None) == (ahead < 7)
        assert context["later"] == days[0] + timedelta(days=7)


def test_a_day_in_the_past_is_over(client: Client, venue: Venue) -> None:
    context = day(client, make_resource(venue), date=on(-2)).context
    assert {each.state for each in context["strip"] if each.on < at(0).date()} == {"past"}
    assert context["parts"] == []
    assert context["next_free"] is not None


def test_many_times_are_divided_into_parts_of_the_day(client: Client, venue: Venue) -> None:
    room = make_resource(venue)
    names = [part.name for part in day(client, room, duration=60).context["parts"]]
    assert names == ["morning", "afternoon", "evening"]
    few = make_resource(venue, rules=make_rules(venue, slot_step=240))
    assert [part.name for part in day(client, few, duration=30).context["parts"]] == [""]


def test_a_taken_time_leads_to_the_waitlist_with_that_start(client: Client, venue: Venue) -> None:
    room = make_resource(venue)
    book(room, at(3, 10))

    html = text_of(day(client, room, duration=60, party_size=2))
    address = (
        f"/resources/{room.uuid}/waitlist/?date={on(3)}&duration=60&party_size=2&earliest=10:00&latest=10:00"
    )
    assert escape(address) in html
    initial = client.get(address).context["form"].initial
    assert (initial["earliest"], initial["latest"], initial["party_size"]) == ("10:00", "10:00", "2")


def test_shared_resources_say_how_many_are_left(client: Client, venue: Venue) -> None:
    bikes = make_resource(venue, units=3, kind=ResourceKind.EQUIPMENT)
    book(bikes, at(3, 10))

    response = day(client, bikes, duration=60, quantity=2)

    left = {slot.start: slot.remaining for slot in response.context["slots"]}
    assert (left[at(3, 10)], left[at(3, 12)]) == (2, 3)
    assert "2 left" in text_of(response)
    assert 'name="quantity" value="2"' in text_of(response)


def test_the_form_offers_what_the_rules_allow(client: Client, venue: Venue) -> None:
    rules = make_rules(venue, slot_step=30, min_duration=60, max_duration=180, default_duration=90)
    form = day(client, make_resource(venue, rules=rules)).context["form"]
    assert [value for value, _label in form.fields["duration"].widget.choices] == [60, 90, 120, 150, 180]
    assert form["duration"].value() == 90
    assert "quantity" not in form.fields

    single = make_resource(venue, capacity=1, units_by=UnitsBy.PERSON)
    assert "party_size" not in day(client, single).context["form"].fields
    large = make_resource(venue, rules=make_rules(venue, min_party_size=4))
    assert day(client, large).context["wish"].party_size == 4


@pytest.mark.parametrize(
    "query", [{"date": "soon"}, {"duration": "long"}, {"party_size": "0"}, {"quantity": "9" * 30}]
)
def test_bad_input_is_marked_beside_its_field(client: Client, venue: Venue, query: dict[str, str]) -> None:
    room = make_resource(venue, units=3)

    response = day(client, room, **query)

    assert response.status_code == 400
    assert response.content.count(b'class="error"') == 1
    swapped = client.get(reverse("resource-day", args=[room.uuid]), query, headers={"HX-Request": "true"})
    assert (swapped.status_code, swapped.headers["HX-Retarget"]) == (200, "#booking")


def test_prices_hours_rules_and_cancelling_stand_in_plain_words(client: Client, venue: Venue) -> None:
    rules = make_rules(
        venue,
        min_notice=120,
        max_advance_days=21,
        deposit_percent=30,
        approval=Approval.CONDITIONAL,
        approval_party_size=7,
        max_per_period=4,
        limit_period=Period.WEEK,
        audience=Audience.SIGNED_IN,
    )
    policy = make_policy(venue, (48, "100", "0"), (2, "50", "5"))
    room = make_resource(venue, rules=rules, cancellation_policy=policy, observes_holidays=True)
    times = {"start_time": time(18), "end_time": time(22), "weekdays": "01234"}
    evening = PriceRule.objects.create(
        venue=venue, name="Evenings", basis=PriceBasis.HOUR, amount=Decimal(40), **times
    )
    entry = PriceRule.objects.create(venue=venue, name="Entry", basis=PriceBasis.PERSON, amount=Decimal(3))
    for rule in (evening, entry):
        rule.resources.add(room)
    Holiday.objects.create(country="DE", date=at(9).date(), name="Mill Day")
    AvailabilityOverride.objects.create(
        venue=venue, resource=room, starts_on=at(5).date(), ends_on=at(6).date(), reason="New floor"
    )

    html = text_of(day(client, room))

    for words in (
        "€25.00 per hour",
        "€40.00 per hour",
        "Monday to Friday, 18:00–22:00",
        "€3.00 per person",
        "Book at least 2 hours in advance",
        "Book up to 21 days ahead",
        "30% deposit, paid at the venue",
        "Bookings for 7 or more people need approval",
        "Up to 4 bookings per person per week",
        "You need an account to book",
        "Full refund up to 2 days before.",
        "50% refund minus a €5.00 fee up to 2 hours before.",
        "No refund after that.",
        "08:00–20:00",
        "New floor",
        "Mill Day",
        "https://www.openstreetmap.org/search?query=M%C3%BChlenweg%2012",
        "+49 30 23125100",
    ):
        assert words in html, words


def test_hours_of_the_week_show_breaks_and_closed_days(client: Client, venue: Venue) -> None:
    room = make_resource(venue)
    open_weekly(venue, time(9), time(0), weekdays=[0], resource=room)
    OpeningHours.objects.create(
        venue=venue, resource=room, weekday=0, start_time=time(12), end_time=time(13), is_available=False
    )

    hours = {each.name: each for each in day(client, room).context["hours"]}

    assert hours["Monday"].times == ("09:00–12:00", "13:00–24:00")
    assert hours["Tuesday"].times == ()
    open_weekly(venue, time(0), time(0), weekdays=[2], resource=room)
    for language, said in (("en-US", "Open 24 hours"), ("de", "Rund um die Uhr geöffnet")):
        page = client.get(reverse("resource-day", args=[room.uuid]), headers={"Accept-Language": language})
        assert page.context["hours"][2].times == (said,)
    assert [each.name for each in hours.values() if each.is_today] == [f"{at(0):%A}"]


def test_a_stay_is_chosen_by_arrival_and_nights(client: Client) -> None:
    room = make_lodging()
    book(room, at(4, 15), minutes=1200)

    context = day(client, room, duration=1200 + 1440).context

    form = context["form"]
    assert [label for _value, label in form.fields["duration"].widget.choices][:2] == ["1 night", "2 nights"]
    slots = day(client, room, date=on(5), duration=1200 + 1440).context["slots"]
    assert [(slot.start, slot.end) for slot in slots] == [(at(5, 15), at(7, 11))]
    assert "€90.00 per night" in text_of(day(client, room))
    assert "Check-in from 15:00, check-out by 11:00" in text_of(day(client, room))


@pytest.mark.usefixtures("early_2027")
def test_arrival_and_departure_are_links_of_a_month(client: Client) -> None:
    room = make_lodging()
    book(room, at(9, 15), minutes=1200 + 1440)  # 13 to 15 January
    address = reverse("resource-day", args=[room.uuid])

    arriving = client.get(address, {"month": "2027-01"})
    found = days_of(arriving)
    states = [found[number].state for number in (3, 8, 11, 12, 13, 14, 15)]
    assert states == ["past", "free", "free", "free", "full", "full", "free"]
    leaving = client.get(f"{address}?{found[8].query}")
    departures = {number: each for number, each in days_of(leaving).items() if number > 8 and each.query}
    assert {number: each.price for number, each in departures.items()} == {
        9: Decimal(90),
        10: Decimal(180),
        11: Decimal(270),
        12: Decimal(360),
        13: Decimal(450),
    }
    assert "Arrival Fri 8 Jan. Now choose the day of departure, up to 7 nights." in text_of(leaving)
    assert not leaving.context["leaves"]

    chosen = client.get(f"{address}?{departures[11].query}")
    parts = {number: each.part for number, each in days_of(chosen).items() if each.part}
    assert parts == {8: "arrival", 9: "inside", 10: "inside", 11: "departure"}
    assert [(slot.start, slot.end) for slot in chosen.context["slots"]] == [
        (datetime(2027, 1, 8, 15, tzinfo=UTC), datetime(2027, 1, 11, 11, tzinfo=UTC))
    ]
    assert "€270.00" in text_of(chosen)


@pytest.mark.usefixtures("early_2027")
def test_lodging_opens_at_the_next_free_night(client: Client) -> None:
    room = make_lodging()
    book(room, at(0, 15), minutes=1200 + 2 * 1440)  # 4 to 7 January
    address = reverse("resource-day", args=[room.uuid])

    assert client.get(address).context["on"] == date(2027, 1, 7)
    assert client.get(address, {"date": "2027-01-05"}).context["on"] == date(2027, 1, 5)


@pytest.mark.parametrize(
    ("language", "texts"), [("en", ["€1,005", "€90", "€90.50"]), ("de", ["1.005 €", "90 €", "90,50 €"])]
)
def test_prices_in_a_month_leave_out_no_cents_but_zero(language: str, texts: list[str]) -> None:
    with override(language):
        shown = [coins(Decimal(amount), "EUR") for amount in ("1005.00", "90.00", "90.50")]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in shown] == texts


def days_of(response: Any) -> dict[int, Any]:
    """The days of a month by their number."""
    return {each.on.day: each for week in response.context["weeks"] for each in week if each}


@pytest.mark.usefixtures("early_2027")
def test_the_month_says_how_much_is_free_each_day(
    client: Client, venue: Venue, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    room = make_resource(venue, rules=make_rules(venue, max_advance_days=40))
    book(room, at(2, 8), minutes=480)
    book(room, at(2, 16), minutes=240)
    address = reverse("resource-month", args=[room.uuid])

    with django_assert_max_num_queries(12):
        shown = client.get(address, {"duration": "60", "party_size": "2"})
    found = days_of(shown)

    assert [found[number].state for number in (3, 5, 6, 7)] == ["outside", "free", "full", "free"]
    assert found[7].count == 23
    day_address = f"/resources/{room.uuid}/?date=2027-01-07&duration=60&party_size=2#day"
    assert escape(day_address) in text_of(shown)
    assert (shown.context["earlier"], shown.context["later"]) == (None, date(2027, 2, 1))
    last = client.get(address, {"month": "2027-02"})
    assert (last.context["earlier"], last.context["later"]) == (date(2027, 1, 1), None)
    group = make_group([room])
    assert days_of(client.get(reverse("group-month", args=[group.uuid])))[6].state == "full"
    assert client.get(address, {"month": "2027-13"}).status_code == 400
    assert client.get(address, {"duration": "0"}).status_code == 400


def test_of_a_day_to_come_the_night_is_the_last_part(client: Client) -> None:
    room = make_resource()

    names = [part.name for part in day(client, room, duration=60).context["parts"]]

    assert names == ["morning", "afternoon", "evening", "night"]


def test_every_chosen_time_is_its_own_request(client: Client, venue: Venue) -> None:
    """A page kept by the browser may be used again: for another time, and after giving one back."""
    room = make_resource(venue)
    form = {"duration": 60, "party_size": 1, "quantity": 1, "idempotency_key": str(uuid4())}
    address = reverse("hold", args=[room.uuid])

    first = client.post(address, form | {"start": at(3, 10).isoformat()})
    again = client.post(address, form | {"start": at(3, 10).isoformat()})
    other = client.post(address, form | {"start": at(3, 12).isoformat()})
    assert first.headers["Location"] == again.headers["Location"] != other.headers["Location"]

    held = Reservation.objects.get(starts_at=at(3, 10))
    release_hold(reservation_id=held.pk, actor=Actor())
    anew = client.post(address, form | {"start": at(3, 10).isoformat()})
    assert anew.headers["Location"] != first.headers["Location"]
    assert Reservation.objects.filter(starts_at=at(3, 10), status="held").count() == 1


def test_the_page_costs_the_same_however_full_it_is(
    client: Client, venue: Venue, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    room = make_resource(venue)

    def queries() -> int:
        day(client, room)
        with django_assert_max_num_queries(12) as counted:
            day(client, room)
        return len(counted)

    one = queries()
    for hour in range(8, 14):
        book(room, at(3, hour))
    assert queries() == one


def test_groups_are_found_by_those_who_may(client: Client, venue: Venue) -> None:
    group = make_group([make_resource(venue, name="One")])
    response = client.get(reverse("group-day", args=[group.uuid]))
    assert response.status_code == 200
    assert "One" in text_of(response)

    hidden = make_group([make_resource(venue)], is_active=False)
    empty = make_group([make_resource(venue, is_active=False)])
    for uuid in (hidden.uuid, empty.uuid, uuid4()):
        assert client.get(reverse("group-day", args=[uuid])).status_code == 404
        assert client.post(reverse("group-hold", args=[uuid]), {}).status_code == 404


def test_hidden_resources_are_not_held_either(client: Client, venue: Venue) -> None:
    hidden = make_resource(venue, is_active=False)
    assert client.post(reverse("hold", args=[hidden.uuid]), {}).status_code == 404


def test_facts_of_an_empty_plan_do_not_break_the_page(client: Client) -> None:
    """A venue without any hours: closed all week, and said so."""
    room = make_resource(make_venue(), kind=ResourceKind.LODGING, rules=None)
    assert bookable(room).plan.venue_hours == ()
    response = day(client, room)
    assert response.status_code == 200
    assert {each.state for each in response.context["strip"]} == {"closed"}


def test_what_stands_in_the_way_is_said_once_above_the_times(client: Client, venue: Venue) -> None:
    account = make_resource(venue, rules=make_rules(venue, audience=Audience.SIGNED_IN))
    response = day(client, account)
    assert "Sign in to book this" in text_of(response)
    assert f"/accounts/login/?next=/resources/{account.uuid}/" in text_of(response)
    assert {each.state for each in response.context["strip"]} == {"no"}
    refused = client.post(reverse("hold", args=[account.uuid]), {"start": "soon", "date": on(3)})
    back = f"/accounts/login/?next=/resources/{account.uuid}/%3Fdate%3D{on(3)}%26duration"
    assert back in text_of(refused)  # not to where the form was sent, which shows no page
    small = make_resource(venue, capacity=2)
    assert "Up to 2 people" in text_of(day(client, small, party_size=3))
    assert day(client, small, party_size=2).context["obstacle"] is None
