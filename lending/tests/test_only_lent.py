"""What is only lent: every page leads to borrowing it, and nobody books it, whichever door they try."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calendars.items import Item
from common.clock import now
from lending.only import set_only_lent
from lending.services import stop_lending
from lending.tests.helpers import ask, make_thing
from reservations.domain.values import Actor, Customer, ItemRequest, ReservationChanges
from reservations.enums import Source
from reservations.exceptions import BookingRefused
from reservations.services import book_reservation, change_reservation
from reservations.tests.api_helpers import wanted
from resources.enums import Role
from resources.models import Resource
from tests.factories import make_group, make_member, make_resource, make_user, open_always
from waitlist.models import WaitlistEntry

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADA = Customer(None, "Ada", "ada@example.com")


@pytest.fixture
def thing() -> Resource:
    thing = make_thing()
    open_always(thing.venue)
    set_only_lent(thing, only=True)
    return thing


def read(address: str) -> str:
    answer = Client().get(address, headers={"Accept": "text/html", "Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


def test_pages_that_list_it_lead_to_borrowing_it(thing: Resource) -> None:
    here = reverse("lend-thing", args=[thing.venue.slug, thing.slug])
    for query in ("", f"?q={thing.name.replace(' ', '+')}", "?kind=equipment", "?party_size=40"):
        page = read(f"/{query}")
        assert f'href="{here}"' in page, query
        assert "Available</span>" in page or "Available </span>" in page, query
        for wrong in (
            "No matches",
            "Nothing available then",
            "Only members",
            "fit your search",
            "Book this time",
        ):
            assert wrong not in page, (query, wrong)
    assert "nothing to book here" not in read("/")
    frame = read(f"/embed/{thing.venue.slug}/")
    assert f'href="{here}" target="_blank"' in frame
    assert reverse("embedded-place", args=[thing.venue.slug, thing.uuid]) not in frame
    place = read(f"/embed/{thing.venue.slug}/{thing.slug}/")
    assert f'href="{here}" target="_blank"' in place
    assert "Available </span>" in place
    assert "<form" not in place
    assert "waitlist" not in place
    for name in ("resource-day", "resource-month", "hold"):
        address = reverse(name, args=[thing.uuid])
        answer = Client().post(address) if name == "hold" else Client().get(address)
        assert (answer.status_code, answer.headers.get("Location")) == (302, here), name
    assert reverse("resource-day", args=[thing.uuid]) not in read(here), "there and back again"
    ask(thing)
    ask(thing)
    for query in ("", f"?q={thing.name.replace(' ', '+')}"):
        assert "In use" in read(f"/{query}")
        assert "1 person waiting" in read(f"/{query}")


def test_many_of_them_cost_as_many_queries_as_one(thing: Resource) -> None:
    def count(address: str) -> int:
        Client().get(address)  # what is kept of the venue
        with CaptureQueriesContext(connection) as queries:
            assert thing.name in read(address)
        return len(queries)

    addresses = (f"/?venue={thing.venue.slug}", f"/embed/{thing.venue.slug}/", "/")
    one = [count(address) for address in addresses]
    for _number in range(2):
        set_only_lent(make_thing(thing.venue), only=True)
    assert [count(address) for address in addresses] == one


def test_it_stands_beside_what_can_be_booked(thing: Resource) -> None:
    room = make_resource(thing.venue, name=f"{thing.name} room")
    group = make_group([thing], name=f"{thing.name} group")
    page = read(f"/?q={thing.name.replace(' ', '+')}")
    assert reverse("resource-day", args=[room.uuid]) in page
    assert reverse("group-day", args=[group.uuid]) not in page
    assert page.count('id="lend-some"') == 1
    assert "1 place available" in page


def test_it_is_booked_at_no_door(thing: Resource) -> None:
    start = (now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    end = start + timedelta(hours=1)
    for actor in (Actor(make_user()), Actor(source=Source.STAFF)):
        with pytest.raises(BookingRefused) as refused:
            book_reservation(
                venue_id=thing.venue_id,
                items=[ItemRequest(thing.pk)],
                start=start,
                end=end,
                customer=ADA,
                actor=actor,
            )
        assert (refused.value.code, str(refused.value)) == (
            "not_bookable",
            "You can borrow this, but not book it.",
        )
    found = Client().get("/api/search", {"venue": thing.venue.slug}).json()["results"]
    assert [(each["reason"], each["message"]) for each in found] == [
        ("not_bookable", "You can borrow this, but not book it.")
    ]
    answer = Client().post("/api/holds", wanted(thing, customer_info=None), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_bookable")


@pytest.mark.parametrize("what", ["thing", "group"])
def test_who_waits_for_it_waits_in_its_own_queue_and_on_no_waitlist(thing: Resource, what: str) -> None:
    group = make_group([thing])
    ada = make_user()
    for person in (make_user(), ada):
        ask(thing, person)
    client, day = Client(), str((now() + timedelta(days=2)).date())
    client.force_login(ada)
    found, join = (thing, "waitlist-join") if what == "thing" else (group, "group-waitlist-join")
    borrowing = reverse("lend-thing", args=[thing.venue.slug, found.slug])
    form: dict[str, Any] = {"date": day, "duration": 60, "party_size": 1, "name": "Ada", "email": ada.email}
    address = reverse(join, args=[found.uuid])
    for ask_to_join in (client.get, client.post):
        answer = ask_to_join(address, form, follow=True)
        assert answer.redirect_chain == [(borrowing, 302)]
        assert "You can borrow this, but not book it." in answer.content.decode()
    body = {"resource_id" if what == "thing" else "group_id": str(found.uuid), "preferred_date": day}
    refused = client.post("/api/waitlist", body, content_type="application/json").json()
    assert (refused["code"], refused["error"]) == ("not_bookable", "You can borrow this, but not book it.")
    assert not WaitlistEntry.objects.exists()


def test_what_is_lent_no_more_is_nobodys_to_book_by_surprise(thing: Resource) -> None:
    also_booked = make_thing(thing.venue)
    for each in (thing, also_booked):
        stop_lending(lendable=each.lendable)
        each.refresh_from_db()
    assert [(each.is_active, each.extension) for each in (thing, also_booked)] == [(False, ""), (True, "")]
    assert thing.name not in read(f"/?venue={thing.venue.slug}")


def test_what_was_booked_before_can_still_be_changed(thing: Resource) -> None:
    set_only_lent(thing, only=False)
    start = (now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    booked = book_reservation(
        venue_id=thing.venue_id,
        items=[ItemRequest(thing.pk)],
        start=start,
        end=start + timedelta(hours=2),
        customer=ADA,
        actor=Actor(source=Source.STAFF),
    )
    set_only_lent(thing, only=True)
    changes = ReservationChanges(end=start + timedelta(hours=1))
    changed = change_reservation(reservation_id=booked.pk, changes=changes, actor=Actor(source=Source.STAFF))
    assert changed.ends_at == start + timedelta(hours=1)


def test_the_calendar_says_who_has_it_also_days_later_and_to_staff_alone(thing: Resource) -> None:
    ada = make_user(first_name="Ada", last_name="Lovelace")
    ask(thing, ada)
    clients = [Client(), Client()]
    clients[0].force_login(make_member(thing.venue, Role.STAFF))
    later = (now() + timedelta(days=3)).astimezone(thing.venue.zone).date()
    for language, loan, since in (("en", "Loan", "From"), ("de", "Leihe", "Ab")):
        for view in ("day", "timeline", "week", "month"):
            address = f"/calendar/{view}/{later}/?venue={thing.venue.slug}&resource={thing.uuid}"
            seen, public = (
                " ".join(client.get(address, headers={"Accept-Language": language}).content.decode().split())
                for client in clients
            )
            assert f'<strong>Ada Lovelace · {loan}</strong> <span class="item-when' in seen, (view, language)
            assert f">{since} " in seen, (view, language)
            assert "Checked in" not in seen
            assert "Lovelace" not in public
            assert "cell-state" not in seen + public, "nobody books it: it is neither free nor full"
            assert "item-free" not in seen + public
    event = next(
        event
        for event in clients[0].get(f"/calendar/events/{later}/?venue={thing.venue.slug}").json()["events"]
        if event.get("title") == "Ada Lovelace · Loan"
    )
    assert not event["editable"]


def test_a_short_loan_says_whose_it_is_before_its_time() -> None:
    at = now()

    def names_first(kind: str, steps: int) -> bool:
        return Item(kind, at, at, at.date(), z=steps).names_first

    assert names_first("loan", 4)
    assert not names_first("loan", 12)
    assert not names_first("booking", 4)
