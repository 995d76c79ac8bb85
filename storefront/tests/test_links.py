"""Secret links to bookings and waitlist entries: they can be revoked, and end some time after the visit."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from notifications.models import Message
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from reservations.links import manage_path, token_for
from reservations.models import Reservation
from resources.enums import Role
from tests.factories import at, book, make_member, make_resource, make_user
from waitlist.links import entry_path
from waitlist.links import token_for as entry_token
from waitlist.models import WaitlistEntry
from waitlist.services import change_entry
from waitlist.tests.helpers import join

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def status(client: Client, address: str, **query: str) -> int:
    return int(client.get(address, query).status_code)


def doors(reservation: Reservation, entry: WaitlistEntry) -> list[tuple[str, dict[str, str]]]:
    manage, api = manage_path(reservation), f"/api/reservations/{reservation.pk}"
    return [
        *((f"{manage}{page}", {}) for page in ("", "receipt/", "ticket/", "event.ics")),
        (api, {"token": token_for(reservation)}),
        (entry_path(entry), {}),
        (f"/api/waitlist/{entry.pk}", {"token": entry_token(entry)}),
    ]


def test_links_end_some_time_after_the_visit(client: Client, settings: Settings) -> None:
    room = make_resource()
    owner = make_user()
    entry = join(room)
    guests, owned = book(room), book(room, start=at(7, 13), customer=Customer.from_user(owner))
    places = doors(guests, entry)
    assert {status(client, address, **query) for address, query in places} == {200}
    day = max(guests.ends_at, at(8))
    # The day that somebody waits for is the venue's, which may be one ahead of ours.
    with time_machine.travel(at(8 + 91), tick=False):
        assert {status(client, address, **query) for address, query in places} == {404}
        # Those who may see it anyway still find it.
        mine = Client()
        mine.force_login(owner)
        assert status(mine, manage_path(owned)) == 200
        assert status(client, manage_path(owned)) == 404
        settings.LINK_DAYS = 0
        assert status(client, places[0][0]) == 200
    settings.LINK_DAYS = 90
    with time_machine.travel(day.replace(hour=1), tick=False):
        assert status(client, places[0][0]) == 200


def test_staff_revoke_links(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    room = make_resource()
    reservation, entry = book(room), join(room)
    places = doors(reservation, entry)
    client.force_login(make_member(room.venue, Role.STAFF))
    for model, row in (("reservations_reservation", reservation), ("waitlist_waitlistentry", entry)):
        address = reverse(f"admin:{model}_changelist")
        body = {"action": "renew_link", "_selected_action": [str(row.pk)]}
        with django_capture_on_commit_callbacks(execute=True):
            client.post(address, body | {"confirmed": "yes", f"version-{row.pk}": "1"})
    assert {status(Client(), address, **query) for address, query in places} == {404}
    reservation.refresh_from_db()
    entry.refresh_from_db()
    assert {status(Client(), address, **query) for address, query in doors(reservation, entry)} == {200}
    assert Message.objects.filter(kind="link", subject_id=str(reservation.pk)).exists()


def test_another_address_ends_the_link_that_the_old_one_was_sent(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    room = make_resource()
    reservation, entry = book(room), join(room, customer=Customer(None, "Ada", "wrong@example.com", ""))
    old = doors(reservation, entry)
    details = {"name": "Ada", "email": "right@example.com", "phone": "", "requests": ""}
    answer = client.post(f"{manage_path(reservation)}edit/", details | {"party_size": 1, "version": 1})
    reservation.refresh_from_db()
    assert answer.headers["Location"] == manage_path(reservation)
    staff = Actor(make_member(room.venue, Role.STAFF), Source.STAFF)
    change_entry(entry_id=entry.pk, actor=staff, changes={"customer_email": "right@example.com"})
    entry.refresh_from_db()
    assert {status(Client(), address, **query) for address, query in old} == {404}
    assert {status(Client(), address, **query) for address, query in doors(reservation, entry)} == {200}
    told = Message.objects.get(kind="link", subject_id=str(reservation.pk))
    assert told.recipient == "right@example.com"
    details["name"] = "Ada Lovelace"
    client.post(f"{manage_path(reservation)}edit/", details | {"party_size": 1, "version": 2})
    assert status(client, manage_path(reservation)) == 200, "another name ends nothing"
