"""A product stands on the pages of others where a venue offers it, and nowhere else."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common.errors import InvalidInput
from common.menu import Audience, list_entries, menu_entries
from common.page_parts import PagePart, home_parts
from common.products import products
from common.venues import directory
from reservations.domain.extensions import Extension, extensions
from reservations.domain.values import Actor, Customer, ItemRequest, ReservationChanges
from reservations.enums import Purpose, Status
from reservations.exceptions import BookingRefused
from reservations.services import (
    add_to_hold,
    block_time,
    cancel_reservation,
    change_reservation,
    confirm_hold,
)
from resources.enums import Role
from resources.models import Resource, Venue
from resources.models.venue import MOST_WEBSITES, check_origins
from resources.services.products import offer_products
from resources.stamps import touch_venues
from storefront.find.views import PER_PAGE
from tests.example_product import pages
from tests.factories import (
    GUEST,
    at,
    book,
    hold,
    make_member,
    make_resource,
    make_user,
    make_venue,
    open_always,
)
from waitlist.services import accept_offer, offer_freed_capacity
from waitlist.tests.helpers import join

pytestmark = [pytest.mark.django_db, pytest.mark.once]
UMBRELLAS = pages.UMBRELLAS


@pytest.fixture(autouse=True)
def product() -> Iterator[None]:
    # Beside no other product: theirs come back in their order.
    before = [registry.items() for registry in pages.REGISTRIES]
    for registry in pages.REGISTRIES:
        for name in set(registry.names()) - {"waitlist"}:
            registry.unregister(name)
    pages.register()
    yield
    for registry, items in zip(pages.REGISTRIES, before, strict=True):
        for name in registry.names():
            registry.unregister(name)
        for name, entry in items:
            registry.register(name, entry)


def open_room(venue_name: str) -> Resource:
    venue = make_venue(name=venue_name)
    open_always(venue)
    return make_resource(venue)


@pytest.fixture
def room() -> Resource:
    return open_room("Harbour House")


@pytest.fixture
def lending_room() -> Resource:
    room = open_room("Rainy House")
    offer_products(venue=room.venue, names=[UMBRELLAS])
    return room


def read(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_home_and_search_ask_it_about_the_venues_that_offer_it(
    client: Client, room: Resource, lending_room: Resource
) -> None:
    assert "Umbrellas at Rainy House for everybody" in read(client, "/")
    assert "Umbrellas at Rainy House for two" in read(client, "/?q=two")
    assert "Umbrellas at" in read(client, f"/?venue={lending_room.venue.slug}")
    assert "Umbrellas at" not in read(client, f"/?venue={room.venue.slug}")
    assert "Umbrellas at" not in read(client, "/?kind=room")


def test_a_venue_with_nothing_but_the_product_is_no_empty_house(client: Client) -> None:
    offer_products(venue=make_venue(name="Rainy House"), names=[UMBRELLAS])
    page = read(client, "/")
    assert "Umbrellas at Rainy House" in page
    assert "nothing to book here yet" not in page


def test_a_part_that_fails_takes_nothing_else_with_it(
    client: Client, lending_room: Resource, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> str:
        raise RuntimeError("the umbrella is broken")

    home_parts.unregister(UMBRELLAS)
    home_parts.register(UMBRELLAS, PagePart(fail, UMBRELLAS))

    page = client.get("/")

    assert page.status_code == 200
    assert lending_room.name in page.content.decode()
    assert "the umbrella is broken" in caplog.text


def test_whoever_is_signed_in_finds_theirs_whatever_is_offered_now(client: Client, room: Resource) -> None:
    client.force_login(make_user())
    assert "<p>Your umbrella</p>" in read(client, "/my/")
    assert "Your umbrella" not in read(client, "/my/?show=past")


def test_only_staff_see_it_in_the_calendar(client: Client, lending_room: Resource) -> None:
    venue = lending_room.venue
    seen = []
    for user in (make_user(), make_member(venue, Role.FACILITATOR), make_member(venue)):
        client.force_login(user)
        seen.append(
            "Umbrellas at Rainy House" in read(client, f"/calendar/day/2027-03-01/?venue={venue.slug}")
        )
    assert seen == [False, False, True]


def test_what_it_manages_leads_staff_to_its_own_page(client: Client, lending_room: Resource) -> None:
    venue, start = lending_room.venue, at(10)
    loan = block_time(
        venue_id=venue.pk,
        items=[ItemRequest(lending_room.pk)],
        title="Loan",
        purpose=Purpose.LOAN,
        start=start,
        end=start + timedelta(hours=2),
        actor=Actor(manages=Purpose.LOAN),
    )
    found = []
    for user in (make_user(), make_member(venue)):
        client.force_login(user)
        page = read(client, f"/calendar/day/{start:%Y-%m-%d}/?venue={venue.slug}")
        found.append(f"/umbrellas/{loan.pk}/" in page)
    assert found == [False, True]


def test_the_menu_names_it_where_it_is_offered_and_to_whom_it_concerns(lending_room: Resource) -> None:
    elsewhere, here = make_member(make_venue()), make_member(lending_room.venue)
    asked = [(AnonymousUser(), *Audience), (elsewhere, *Audience), (here, *Audience)]
    shown = [
        [
            any(name.startswith(UMBRELLAS) for name, _ in list_entries(user, audience))
            for audience in audiences
        ]
        for user, *audiences in asked
    ]
    assert shown == [[True, False, False], [True, True, False], [True, True, True]]

    offer_products(venue=lending_room.venue, names=[])
    here = User.objects.get(pk=here.pk)
    assert [name for audience in Audience for name, _ in list_entries(here, audience)] == ["waitlist"]


def test_the_menu_asks_once_whatever_is_installed(lending_room: Resource) -> None:
    entry = menu_entries[f"{UMBRELLAS}-{Audience.TEAM}"]
    for name in ("parasols", "canes"):
        menu_entries.register(f"{UMBRELLAS}-{name}", replace(entry, product=name))
    user = User.objects.get(pk=make_member(lending_room.venue).pk)
    with CaptureQueriesContext(connection) as queries:
        for audience in (*Audience, *Audience):
            list_entries(user, audience)
    asking = [query for query in queries if "offeredproduct" in query["sql"]]
    assert len(asking) == 2  # what venues offer, and those where the user works


def test_each_audience_finds_it_on_the_pages(client: Client, lending_room: Resource) -> None:
    assert "Umbrellas for everybody" in read(client, "/")
    client.force_login(make_member(lending_room.venue))
    page = read(client, "/account/")
    assert [f"Umbrellas for {audience}" in page for audience in Audience] == [True, True, True]
    assert page.count("Stay dry") == 1  # in the overview stands what is for whoever is signed in


def test_managers_switch_it_on_and_off(client: Client, room: Resource) -> None:
    venue = room.venue
    client.force_login(make_member(venue, Role.MANAGER))
    address = f"/admin/resources/venue/{venue.pk}/change/"
    page = read(client, address)
    assert "Umbrellas: People borrow them when it rains." in page
    assert "hand out umbrellas" in page
    for offered in ([UMBRELLAS], []):
        values = client.get(address).context["adminform"].form.initial | {"offered": offered}
        management = {
            f"{formset.formset.prefix}-{field}_FORMS": "0"
            for formset in client.get(address).context["inline_admin_formsets"]
            for field in ("TOTAL", "INITIAL")
        }
        del values["logo"]  # of a file browsers send nothing unless another one is chosen
        posted = {name: value for name, value in values.items() if value is not None} | management
        assert client.post(address, posted).status_code == 302
        assert directory().offers(venue.pk, UMBRELLAS) == bool(offered)
    history = " ".join(read(client, f"/admin/resources/venue/{venue.pk}/history/").split())
    on, off = (
        f'{switched} <div class="help">Umbrellas</div>' for switched in ("Switched on", "Switched off")
    )
    assert 0 < history.find(off) < history.find(on)


def test_staff_see_what_is_offered_and_cannot_change_it(client: Client, lending_room: Resource) -> None:
    venue = lending_room.venue
    client.force_login(make_member(venue))
    address = f"/admin/resources/venue/{venue.pk}/change/"
    page = read(client, address)
    assert "Other:" in page
    assert '<div class="readonly">Umbrellas</div>' in page
    client.post(address, {"offered": []})
    assert directory().offers(venue.pk, UMBRELLAS)


def test_what_does_not_exist_cannot_be_switched_on(room: Resource) -> None:
    with pytest.raises(InvalidInput):
        offer_products(venue=room.venue, names=["parasols"])


@pytest.fixture
def umbrella(room: Resource) -> Iterator[Resource]:
    extensions.register(UMBRELLAS, Extension())
    room.extension, room.capacity = UMBRELLAS, 4
    room.save()
    yield room
    extensions.unregister(UMBRELLAS)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(BookingRefused) as refusal:
        act()
    return refusal.value.code


def test_its_own_rules_refuse_bookings_where_it_is_off(umbrella: Resource) -> None:
    assert refused(lambda: book(umbrella)) == "inactive"
    offer_products(venue=umbrella.venue, names=[UMBRELLAS])
    assert book(umbrella).pk


def test_search_and_frame_propose_nothing_that_is_off(client: Client, umbrella: Resource) -> None:
    addresses = ("/", f"/embed/{umbrella.venue.slug}/", "/api/search/")
    for offered in ([UMBRELLAS], []):
        offer_products(venue=umbrella.venue, names=offered)
        assert [umbrella.name in read(client, address) for address in addresses] == [bool(offered)] * 3
        assert (client.get(f"/resources/{umbrella.uuid}/").status_code == 200) == bool(offered)


def test_the_waitlist_keeps_what_it_offered_and_offers_no_more(umbrella: Resource) -> None:
    venue = umbrella.venue
    offer_products(venue=venue, names=[UMBRELLAS])
    join(umbrella, duration=60)
    [offer] = offer_freed_capacity(venue_id=venue.pk)
    offer_products(venue=venue, names=[])
    waits = join(umbrella, duration=60, customer=Customer(None, "Bo", "bo@example.com"))
    assert list(offer_freed_capacity(venue_id=venue.pk)) == []
    waits.refresh_from_db()
    assert waits.skip_reason == "inactive"
    assert accept_offer(offer_id=offer.pk, actor=Actor()).status == Status.CONFIRMED


def test_what_was_promised_before_it_went_off_stays(umbrella: Resource) -> None:
    venue = umbrella.venue
    other = make_resource(venue, extension=UMBRELLAS, rules=umbrella.rules)
    offer_products(venue=venue, names=[UMBRELLAS])
    booked, held = book(umbrella, at(10), party_size=3), hold(umbrella, at(14), party_size=1)
    offer_products(venue=venue, names=[])

    add = partial(add_to_hold, reservation_id=held.pk, resource_id=other.pk, actor=Actor())
    assert refused(add) == "inactive"
    confirmed = confirm_hold(reservation_id=held.pk, customer=GUEST, actor=Actor())
    assert confirmed.status == Status.CONFIRMED
    change = partial(change_reservation, reservation_id=booked.pk, actor=Actor())
    assert change(changes=ReservationChanges(party_size=2)).party_size == 2
    assert refused(lambda: change(changes=ReservationChanges(party_size=4))) == "inactive"
    later = ReservationChanges(start=at(18), end=at(18, 11))
    assert refused(lambda: change(changes=later)) == "inactive"
    cancelled, _refund = cancel_reservation(reservation_id=booked.pk, actor=Actor())
    assert cancelled.status == Status.CANCELLED


def test_without_products_no_page_asks_about_them(client: Client, room: Resource) -> None:
    for registry in pages.REGISTRIES:
        for name in [name for name in registry.names() if UMBRELLAS in name or name == Purpose.LOAN]:
            registry.unregister(name)
    installed = products.items()
    for name in products.names():
        products.unregister(name)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/")
    for name, product in installed:
        products.register(name, product)
    assert not [query for query in queries if "offeredproduct" in query["sql"]]
    pages.register()


def test_a_frame_shows_what_the_venue_offers_where_it_says(client: Client, lending_room: Resource) -> None:
    venue: Venue = lending_room.venue
    address = f"/embed/{venue.slug}/"
    closed = client.get(address)
    assert "frame-ancestors 'none'" in closed["Content-Security-Policy"]

    Venue.objects.filter(pk=venue.pk).update(
        embedded_on="https://Cafe.example/\nhttps://www.cafe.example:443"
    )
    page = client.get(address)

    assert "frame-ancestors https://cafe.example https://www.cafe.example" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    text = page.content.decode()
    assert lending_room.name in text
    assert "Umbrellas at Rainy House" in text
    assert f"/resources/{lending_room.uuid}/?date=" in text
    assert not page.cookies
    assert "X-Frame-Options" in client.get("/")


def test_no_frame_anywhere_before_a_website_is_named(client: Client, room: Resource) -> None:
    page = client.get(f"/embed/{room.venue.slug}/")
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_a_frame_shows_one_page_of_places_the_free_ones_first(client: Client, room: Resource) -> None:
    venue = room.venue
    Resource.objects.bulk_create(
        Resource(venue=venue, name=f"Desk {number}", slug=f"desk-{number}", kind=room.kind, rules=room.rules)
        for number in range(PER_PAGE)
    )
    touch_venues([venue.pk])
    page = read(client, f"/embed/{venue.slug}/")
    assert page.count('<li class="card') == PER_PAGE
    assert "All places" in page


def test_a_policy_that_changes_is_sent_with_a_page_that_does_not(client: Client, room: Resource) -> None:
    address = f"/embed/{room.venue.slug}/"
    kept = {"If-None-Match": client.get(address)["ETag"]}
    assert client.get(address, headers=kept).status_code == 304
    Venue.objects.filter(pk=room.venue_id).update(embedded_on="https://cafe.example")
    assert client.get(address, headers=kept).status_code == 200


def test_what_a_manager_names_is_websites_and_few() -> None:
    for text in ("https://a.example;script-src *", "https://*.example", "https://ü;x", "'self'", "a.example"):
        with pytest.raises(ValidationError):
            check_origins(text)
    check_origins("\n".join(["https://a.example"] * MOST_WEBSITES))
    with pytest.raises(ValidationError):
        check_origins("\n".join(["https://a.example"] * (MOST_WEBSITES + 1)))


def test_closed_venues_are_in_no_frame(client: Client, room: Resource) -> None:
    Venue.objects.filter(pk=room.venue_id).update(is_active=False)
    assert client.get(f"/embed/{room.venue.slug}/").status_code == 404
