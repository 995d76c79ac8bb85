"""Pages of what is lent: the catalogue, one thing, pages of others."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from common.clock import now
from lending import services
from lending.models import Lendable, Loan
from lending.tests.helpers import (
    NOBODY,
    STAFF,
    ask,
    block,
    change_rules,
    fresh,
    in_minutes,
    lend_out,
    make_thing,
    rules_of,
)
from lending.tests.page_helpers import loan_page, main, page_of, read, send, signed_in
from reservations.services import cancel_reservation
from resources.models import Feature, Resource
from tests.factories import at, make_group, make_member, make_user, make_venue, make_whole

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("no_kept_ranges")]


# --- The catalogue ---


def test_what_is_free_comes_first_then_what_fewest_wait_for() -> None:
    taken = make_thing()
    venue, rules = taken.venue, rules_of(taken)
    wanted, free = make_thing(venue, rules), make_thing(venue, rules)
    for thing in (taken, wanted, wanted):
        ask(thing)
    page = main(read(Client(), reverse("lend")))
    order = sorted((taken, wanted, free), key=lambda thing: page.index(f">{thing.name}<"))
    assert order == [free, taken, wanted]
    assert page.count("Available") - page.count("Available now") == 1
    assert "1 person waiting" in page
    assert page_of(free) in page


def test_what_should_be_back_is_not_offered_and_nor_is_what_is_booked_next(person: User) -> None:
    late, soon = make_thing(loan_period=10), make_thing()
    ask(late, now=in_minutes(-30))  # and nothing has pushed its booking yet
    block(soon, in_minutes(4), in_minutes(60))
    client = signed_in(person)
    for thing in (late, soon):
        assert "Join the queue" in main(read(client, page_of(thing)))
    assert "Nothing found" in read(client, f"{reverse('lend')}?free=on")


def test_the_catalogue_is_searched_by_name_venue_and_feature() -> None:
    drill, bike = make_thing(), make_thing()
    Resource.objects.filter(pk=drill.pk).update(name="Cordless drill", description="Bores holes")
    beam = Feature.objects.create(venue=drill.venue, name="Battery", slug="battery")
    drill.refresh_from_db()
    drill.features.add(beam)
    drill.save()
    ask(bike)

    def found(query: str) -> set[str]:
        page = main(read(Client(), f"{reverse('lend')}?{query}"))
        return {thing.name for thing in (drill, bike) if f">{thing.name}<" in page}

    assert found("q=cordless") == {"Cordless drill"}
    assert found("q=holes") == {"Cordless drill"}
    assert found(f"q=holes&venue={bike.venue.slug}") == set()
    assert "0 places available" not in main(read(Client(), "/?q=holes"))
    assert found(f"q={bike.venue.name.replace(' ', '+')}") == {bike.name}
    assert found("feature=battery") == {"Cordless drill"}
    assert found(f"venue={bike.venue.slug}") == {bike.name}
    assert found("free=on") == {"Cordless drill"}
    assert "Nothing found" in read(Client(), f"{reverse('lend')}?q=submarine")
    assert Client().get(f"{reverse('lend')}?venue=nowhere").status_code == 400
    short = Client().get(reverse("lend-venue", args=[bike.venue.slug]))
    assert short["Location"] == f"/lend/?venue={bike.venue.slug}"


def test_an_empty_house_says_so_and_what_is_off_is_not_there() -> None:
    assert "nothing to borrow here yet" in read(Client(), reverse("lend"))
    thing = make_thing()
    Resource.objects.filter(pk=thing.pk).update(is_listed=False)
    thing.refresh_from_db()
    thing.save()
    assert Client().get(page_of(thing)).status_code == 404
    assert signed_in(make_member(thing.venue)).get(page_of(thing)).status_code == 200
    other = make_venue()
    assert Client().get(f"/lend/{other.slug}/").status_code == 404
    assert Client().get(f"/lend/{thing.venue.slug}/nothing/").status_code == 404


def test_a_long_catalogue_costs_as_many_queries_as_a_short_one() -> None:
    def count(things: int) -> int:
        first = make_thing(loan_period=60)
        rules = rules_of(first)
        lent = [
            Resource(
                venue=first.venue, name=f"Thing {n}", slug=f"thing-{n}", kind="equipment", rules=first.rules
            )
            for n in range(things)
        ]
        Resource.objects.bulk_create(lent)
        Lendable.objects.bulk_create(
            Lendable(venue=first.venue, resource=thing, rules=rules) for thing in lent
        )
        rules.save()
        for thing in (first, first, lent[0], lent[0]):
            ask(thing)
        # The last page has those that are in use, and so a wait.
        address = f"{reverse('lend')}?venue={first.venue.slug}&page=99"
        client = signed_in(make_user())
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    few, many = count(3), count(500)
    assert few == many <= 12


# --- One thing ---


def test_taking_it_says_until_when(person: User) -> None:
    thing = make_thing()
    booking = block(thing, in_minutes(180), in_minutes(240))
    client = signed_in(person)
    page = main(read(client, page_of(thing)))
    assert "Take it now" in page
    assert "Yours until" in page
    assert booking.starts_at.astimezone(thing.venue.zone).strftime("%H:%M") in page
    cancel_reservation(reservation_id=booking.pk, actor=STAFF)
    assert "Yours as long as you need it." in read(client, page_of(thing))
    answer = send(client, f"{page_of(thing)}request/", units=1, key="k", purpose="Thesis")
    loan = Loan.objects.get()
    assert (answer["Location"], loan.status, loan.purpose) == (loan_page(loan), "out", "Thesis")
    assert "It&#x27;s yours" in read(client, loan_page(loan))
    page = main(read(client, page_of(thing)))
    assert "You have it" in page
    assert "Take it now" not in page


def test_a_second_click_and_back_ask_for_nothing_more(person: User) -> None:
    thing = make_thing()
    client, address = signed_in(person), f"{page_of(thing)}request/"
    first = send(client, address, units=1, key="k")
    assert send(client, address, units=1, key="k")["Location"] == first["Location"]
    services.return_loan(loan_id=Loan.objects.get().uuid, actor=NOBODY)
    # Back, and once more: the old page takes nothing anew.
    assert send(client, address, units=1, key="k")["Location"] == first["Location"]
    assert Loan.objects.count() == 1
    assert send(client, address, units=1, key="another")["Location"] != first["Location"]
    again = send(client, address, units=1, key="third")
    assert again["Location"] == page_of(thing)
    assert "You already have this" in read(client, page_of(thing))
    assert Loan.objects.count() == 2


def test_joining_the_queue_says_who_is_before_and_for_how_long(person: User) -> None:
    thing = make_thing(loan_period=60)
    for minutes in range(100, 160, 10):
        loan = ask(thing, now=in_minutes(-minutes - 60))
        services.return_loan(loan_id=loan.uuid, actor=NOBODY, now=in_minutes(-minutes - 55))
    ask(thing), ask(thing)
    client = signed_in(person)
    page = main(read(client, page_of(thing)))
    assert "1 person is before you." in page
    assert "Wait: usually" in page
    assert "at the latest" in page
    answer = send(client, f"{page_of(thing)}request/", units=1, key="k")
    loan = Loan.objects.get(borrower=person)
    assert answer["Location"] == loan_page(loan)
    assert "Number 2 in line" in read(client, loan_page(loan))
    assert "You're in the queue" in main(read(client, page_of(thing)))


def test_guests_are_led_to_sign_in_and_back(person: User) -> None:
    thing = make_thing()
    page = main(read(Client(), page_of(thing)))
    assert "Sign in to take it" in page
    assert f"/accounts/login/?next={page_of(thing)}" in page
    for form in ("request", "dates"):
        answer = send(Client(), f"{page_of(thing)}{form}/", units=1)
        assert answer["Location"] == f"/accounts/login/?next={page_of(thing)}"
    assert Loan.objects.count() == 0


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"approval": "manual"}, "Request it"),
        ({"pickup_window": 30}, "Reserve it to pick up"),
        ({"audience": "members"}, "Not possible right now"),
    ],
)
def test_the_button_says_what_it_does(person: User, rules: dict[str, Any], text: str) -> None:
    assert text in main(read(signed_in(person), page_of(make_thing(**rules))))


def test_why_not_is_said_before_one_asks(person: User) -> None:
    late = make_thing(loan_period=60)
    other = make_thing(late.venue, rules_of(late))
    ask(late, person, now=in_minutes(-90))
    client = signed_in(person)
    assert "You have something that is overdue" in read(client, page_of(other))
    answer = send(client, f"{page_of(other)}request/", units=1, key="k")
    assert answer.status_code == 303  # the page waits at the thing's own address
    assert answer["Location"].startswith(f"{page_of(other)}?answer=")
    assert 'data-code="overdue"' in read(client, answer["Location"])
    one = make_thing(max_out=1)
    two = make_thing(one.venue, rules_of(one))
    ask(one, person)
    page = read(client, page_of(two))
    assert "You have as many as one person can" in page
    assert "Join the queue" in page


def test_dates_are_booked_whole_or_refused_beside_their_fields(person: User) -> None:
    thing = make_thing(horizon_days=30)
    client, address = signed_in(person), f"{page_of(thing)}dates/"
    start = at(3, 10).astimezone(thing.venue.zone)
    dates = {
        "start": start.strftime("%Y-%m-%dT%H:%M"),
        "end": (start + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
    }

    for wrong, told in (
        ({"start": ""}, "Enter a date and time."),
        ({"end": dates["start"]}, "Enter an end after the start."),
        ({"start": "2020-01-01T10:00", "end": "2020-01-01T11:00"}, "past"),
        ({"end": "2999-01-01T10:00"}, ""),
        ({"units": "x"}, "Enter a whole number."),
    ):
        answer = client.post(address, dates | {"units": 1} | wrong)
        page = answer.content.decode()
        assert answer.status_code == 400, wrong
        assert told in page
        assert '<details class="more" id="dates" open>' in page
    assert Loan.objects.count() == 0
    answer = send(client, address, **dates, units=1, key="k")
    loan = Loan.objects.get()
    assert (answer["Location"], loan.status, loan.wanted_from) == (loan_page(loan), "approved", start)
    page = read(client, loan_page(loan))
    assert "Booked for dates" in page
    assert "Cancel these dates" in page
    assert send(signed_in(make_user()), address, **dates, units=1, key="k").status_code == 303
    assert Loan.objects.count() == 1


def test_names_are_shown_as_the_rules_say_and_to_no_guest() -> None:
    thing = make_thing()
    for first in ("Grace", "Barbara"):
        ask(thing, make_user(first_name=first, last_name="Hopper"))
    shown = {"everybody": "Barbara Hopper", "initials": "B. H.", "staff": "Someone"}
    for names, text in shown.items():
        change_rules(thing, names_shown=names)
        assert text in main(read(signed_in(make_user()), page_of(thing)))
        page = main(read(Client(), page_of(thing)))
        assert "Someone" in page
        assert "Hopper" not in page
        assert "B. H." not in page
    assert "Barbara Hopper" in main(read(signed_in(make_member(thing.venue)), page_of(thing)))


def test_groups_and_kits_name_what_they_are_made_of(person: User) -> None:
    first = make_thing()
    second = make_thing(first.venue, rules_of(first))
    group = make_group([first, second], name="Benches", slug="benches")
    client = signed_in(person)
    either = f"<li>{first.name} or {second.name}</li>"
    for address in (reverse("lend"), f"/lend/{first.venue.slug}/benches/"):
        page = read(client, address)
        assert (">Benches</" in page, either in page) == (True, True), address
    page = main(read(client, f"/lend/{first.venue.slug}/benches/"))
    assert first.name in page
    assert "Take it now" in page
    send(client, f"/lend/{first.venue.slug}/benches/request/", units=1, key="k")
    loan = Loan.objects.get()
    assert (loan.group, loan.resource) == (group, first)
    assert "You have it" in read(client, page_of(first))
    ask(second), ask(group)
    other = signed_in(make_user())
    assert "1 person waits for Benches, and goes first if they asked first." in read(other, page_of(second))
    ask(second)
    text = f"1 person waits for {second.name}, and goes first"
    assert text in read(other, f"/lend/{first.venue.slug}/benches/")

    kit = make_whole([second, make_thing(first.venue, rules_of(first))], name="Kit", slug="kit")
    lend_out(kit, rules_of(first))
    Lendable.objects.filter(resource=kit).update(accessories=["Charger"])
    page = main(read(client, page_of(kit)))
    assert second.name in page
    assert "Charger" in page
    Resource.objects.filter(pk=second.pk).update(slug="benches")
    second.refresh_from_db()
    second.save()
    assert str(group.uuid) in read(client, reverse("lend"))
    assert "Benches" in main(read(client, f"/lend/{first.venue.slug}/{group.uuid}/"))


# --- On pages of others ---


def test_other_pages_lead_to_what_is_lent_and_back(person: User) -> None:
    thing = make_thing()
    client = signed_in(person)
    place = reverse("resource-day", args=[thing.uuid])
    assert page_of(thing) in read(Client(), place)
    assert place in read(Client(), page_of(thing))
    assert page_of(thing) in read(Client(), "/")
    assert page_of(thing) in read(Client(), f"/?q={thing.name.replace(' ', '+')}")
    frame = read(Client(), f"/embed/{thing.venue.slug}/")
    assert f'href="{page_of(thing)}" target="_blank"' in frame
    assert f'href="{page_of(thing)}" target="_blank"' in read(
        Client(), f"/embed/{thing.venue.slug}/{thing.slug}/"
    )
    loan = ask(thing, person)
    page = read(client, "/my/")
    assert loan_page(loan) in page
    assert 'data-live="mine=1" data-settles' in page
    day = now().astimezone(thing.venue.zone).date()
    led = reverse("lend-booking", args=[fresh(loan).reservation_id])
    for query in ("mine=1", f"venue={thing.venue.slug}"):
        assert led in read(client, f"/calendar/day/{day}/?{query}"), query
    assert led not in read(Client(), f"/calendar/day/{day}/?venue={thing.venue.slug}")
    assert '<a class="nav-link" href="/lend/"' in read(Client(), "/")


@pytest.mark.parametrize("hour", [3, 18, 21])
def test_ones_day_shows_a_loan_whatever_hour_it_began(person: User, hour: int) -> None:
    """No opening hours say which part of the day is shown."""
    thing = make_thing()
    with time_machine.travel(at(0, hour)):
        loan, client = ask(thing, person), signed_in(person)
        day = now().astimezone(thing.venue.zone).date()
        led = reverse("lend-booking", args=[fresh(loan).reservation_id])
        assert led in read(client, f"/calendar/day/{day}/?mine=1")


def test_no_venue_has_an_address_of_ours() -> None:
    for slug in ("board", "desk", "mine"):
        client = signed_in(make_user(is_staff=True, is_superuser=True))
        page = client.post("/admin/resources/venue/add/", {"name": "A", "slug": slug}).content.decode()
        assert "Our own pages use this address" in page, slug
    assert AnonymousUser().pk is None
