"""Staff's side of the waitlist: everything goes through the services."""

from datetime import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from common.templatetags.holdfast import moment
from reservations.domain.values import Customer
from resources.enums import Audience, Role
from resources.models import Resource
from tests.factories import make_leader, make_member, make_resource, make_venue, open_weekly
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry
from waitlist.tests.helpers import day, join, offer

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LIST = "admin:waitlist_waitlistentry_changelist"


@pytest.fixture
def room() -> Resource:
    venue = make_venue(time_zone="Europe/Berlin")
    open_weekly(venue, time(8), time(22))
    return make_resource(venue, name="Green room")


@pytest.fixture
def staff(room: Resource) -> User:
    return make_member(room.venue, Role.STAFF)


@pytest.fixture
def desk(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def act(client: Client, action: str, *entries: WaitlistEntry) -> str:
    body = {"action": action, "_selected_action": [str(each.pk) for each in entries], "confirmed": "1"}
    return client.post(reverse(LIST), body, follow=True).content.decode()


def form_of(entry: WaitlistEntry, **fields: Any) -> dict[str, Any]:
    return {
        "earliest_time": "",
        "latest_time": "",
        "duration": entry.duration,
        "party_size": entry.party_size,
        "customer_name": entry.customer_name,
        "customer_email": entry.customer_email,
        "customer_phone": "",
        "priority": entry.priority,
        **fields,
    }


def page_of(entry: WaitlistEntry) -> str:
    return reverse("admin:waitlist_waitlistentry_change", args=[entry.pk])


def test_a_date_of_another_age_is_refused_beside_its_field(desk: Client, room: Resource) -> None:
    blank = WaitlistEntry(venue=room.venue, resource=room, duration=60, customer_name="Ada")
    body = form_of(blank, venue=room.venue_id, resource=room.pk, group="", preferred_on="9998-12-31")
    answer = desk.post(reverse("admin:waitlist_waitlistentry_add"), body)
    assert "preferred_on" in answer.context["adminform"].form.errors
    assert not WaitlistEntry.objects.exists()


def test_the_list_shows_places_and_contact(desk: Client, room: Resource) -> None:
    join(room, customer=Customer(name="First", email="first@example.com"))
    join(room, customer=Customer(name="Second", email="second@example.com", phone="+49301234567"))
    page = desk.get(reverse(LIST)).content.decode()
    assert '<td class="field-place">1</td>' in page
    assert '<td class="field-place">2</td>' in page
    assert "second@example.com, +49301234567" in page


def test_the_list_takes_as_many_queries_for_three_as_for_one(desk: Client, room: Resource) -> None:
    counted = []
    for name in ("a", "b", "c"):
        join(room, customer=Customer(name=name, email=f"{name}@example.com"))
        with CaptureQueriesContext(connection) as queries:
            desk.get(reverse(LIST))
        counted.append(len(queries))
    assert counted[0] == counted[2] < 20


def test_somebody_is_put_first(desk: Client, room: Resource) -> None:
    first = join(room)
    second = join(room, customer=Customer(name="B", email="b@example.com"))
    act(desk, "to_the_front", second)
    order = WaitlistEntry.objects.waiting().in_order().values_list("pk", flat=True)
    assert list(order) == [second.pk, first.pk]


def test_taking_somebody_off_says_first_what_it_does(desk: Client, room: Resource) -> None:
    entry, over = join(room), join(room, customer=Customer(name="B", email="b@example.com"))
    made = offer(entry)
    WaitlistEntry.objects.filter(pk=over.pk).update(status=WaitlistStatus.EXPIRED)
    chosen = {"action": "take_off", "_selected_action": [str(entry.pk), str(over.pk)]}
    page = desk.post(reverse(LIST), chosen).content.decode()
    assert "Green room" in page
    assert "They won&#x27;t get an email" in page
    assert "the next person in line" in page
    assert f"Releases {moment(made.reservation.local_start)}" in page
    assert "Can&#x27;t be removed: Expired" in page
    assert 'name="reason"' not in page, "nobody is told one"
    entry.refresh_from_db()
    assert entry.status != WaitlistStatus.LEFT, "it only asks"


def test_taking_somebody_off_gives_back_what_is_held(desk: Client, room: Resource) -> None:
    entry = join(room)
    made = offer(entry)
    assert "1 entry changed" in act(desk, "take_off", entry)
    made.reservation.refresh_from_db()
    assert not made.reservation.allocations.filter(b0__isnull=False).exists()
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.LEFT
    assert "This waitlist entry has ended" in act(desk, "mark_contacted", entry)


def test_contacted_and_waiting_again(desk: Client, room: Resource) -> None:
    entry = join(room)
    act(desk, "mark_contacted", entry)
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.CONTACTED
    act(desk, "mark_waiting", entry)
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.WAITING


def test_taking_an_offer_back_is_asked_first(desk: Client, room: Resource) -> None:
    entry, over = join(room), join(room, customer=Customer(name="B", email="b@example.com"))
    made = offer(entry)
    WaitlistEntry.objects.filter(pk=over.pk).update(status=WaitlistStatus.EXPIRED)
    chosen = {"action": "mark_waiting", "_selected_action": [str(entry.pk), str(over.pk)]}
    page = desk.post(reverse(LIST), chosen).content.decode()
    assert f"Releases {moment(made.reservation.local_start)}" in page
    assert "the next person in line" in page
    assert "Not possible: Expired" in page
    made.refresh_from_db()
    assert made.outcome == "open", "it only asks"
    assert "1 entry changed" in act(desk, "mark_waiting", entry)
    made.refresh_from_db()
    assert made.outcome == "declined"


def test_an_entry_is_edited(desk: Client, room: Resource) -> None:
    entry = join(room)
    answer = desk.post(page_of(entry), form_of(entry, priority=4, earliest_time="10:00", party_size=3))
    assert answer.status_code == 302, answer.context["errors"]
    entry.refresh_from_db()
    assert (entry.priority, entry.earliest_time, entry.party_size) == (4, time(10), 3)


def test_a_refusal_stands_in_the_form(desk: Client, room: Resource) -> None:
    entry = join(room)
    wrong = form_of(entry, earliest_time="12:00", latest_time="10:00", priority=4)
    answer = desk.post(page_of(entry), wrong)
    assert answer.status_code == 200
    assert "Enter a time on or after the earliest start" in answer.content.decode()
    answer = desk.post(page_of(entry), form_of(entry, party_size=5000))
    assert answer.status_code == 200
    entry.refresh_from_db()
    assert (entry.priority, entry.party_size) == (0, 1)


def test_staff_put_somebody_on_the_list(desk: Client, room: Resource) -> None:
    add = reverse("admin:waitlist_waitlistentry_add")
    body = {
        "venue": room.venue_id,
        "resource": room.pk,
        "preferred_on": day().isoformat(),
        "duration": 60,
        "party_size": 2,
        "customer_name": "Caller",
        "customer_email": "caller@example.com",
        "priority": 2,
    }
    answer = desk.post(add, body, follow=True)
    assert "They won&#x27;t get any offers" not in answer.content.decode()
    entry = WaitlistEntry.objects.get()
    assert (entry.customer_name, entry.priority, entry.resource) == ("Caller", 2, room)
    again = desk.post(add, body)
    assert "already on this waitlist" in again.content.decode()
    assert WaitlistEntry.objects.count() == 1


def test_staff_hear_that_somebody_would_wait_in_vain(desk: Client, room: Resource) -> None:
    entry = join(room)
    room.rules.audience = Audience.MEMBERS
    room.rules.save()
    page = desk.post(page_of(entry), form_of(entry, priority=4), follow=True).content.decode()
    assert "They won&#x27;t get any offers: Only members can book this" in page


def test_facilitators_and_others_see_nothing(client: Client, room: Resource) -> None:
    entry = join(room)
    offer(entry)
    client.force_login(make_leader(room, email="lead@example.com"))
    assert client.get(page_of(entry)).status_code == 403
    assert client.post(page_of(entry), form_of(entry, priority=9)).status_code == 403
    assert client.get(reverse(LIST)).status_code == 403
    assert client.get(reverse("admin:waitlist_waitlistoffer_changelist")).status_code == 403
    act(client, "to_the_front", entry)
    other = make_venue(name="Elsewhere", slug="elsewhere")
    client.force_login(make_member(other, Role.MANAGER, email="other@example.com"))
    assert entry.customer_email not in client.get(reverse(LIST)).content.decode()
    assert client.get(page_of(entry)).status_code in (302, 404)
    entry.refresh_from_db()
    assert entry.priority == 0
