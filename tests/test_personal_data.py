"""What is stored about a person can be taken along, and nothing of it is left once they have gone."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import privacy
from accounts.exceptions import AccountNeeded, BookingsOpen
from accounts.models import ApiKey, User
from accounts.services.closing import close_account
from accounts.services.keys import create_key
from calendars.models import CalendarFeed
from calendars.services import ensure_customer_feed
from notifications.models import Message
from payments.models import Payment
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.models import Reservation, ReservationEvent
from reservations.services import ReservationChanges, cancel_reservation, edit_reservation, record_payment
from resources.enums import Role
from resources.models import Resource, VenueMembership
from tests.factories import (
    PASSWORD,
    at,
    book,
    hold,
    make_member,
    make_policy,
    make_resource,
    make_user,
    make_venue,
    open_always,
)
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import join_waitlist
from webhooks.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db
WORDS = ("Zebedea", "Quillfeather", "zq@example.com", "493055512399", "penicillin", "earlier@quill.example")
"""By these she would be known: names, addresses, a number, and what she asked for."""


@pytest.fixture
def room() -> Resource:
    venue = make_venue(email="desk@venue.example")
    open_always(venue)
    WebhookEndpoint.objects.create(venue=venue, url="https://crm.example/hook", events=["*"])
    return make_resource(venue, cancellation_policy=make_policy(venue, (48, "100", "0"), (0, "50", "0")))


@pytest.fixture
def person(client: Client) -> User:
    user = make_user(
        "zq@example.com",
        first_name="Zebedea",
        last_name="Quillfeather",
        username="quillfeather",
        phone="+493055512399",
        wants_sms=True,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def past(room: Resource, days: int, **fields: Any) -> Reservation:
    """Booked, paid and over."""
    booked = book(room, at(days), **fields)
    record_payment(
        reservation_id=booked.pk,
        amount=booked.total_amount,
        actor=Actor(),
        reference=f"till-{booked.pk}",
        note="Cash from Mrs Quillfeather",
    )
    Reservation.objects.filter(pk=booked.pk).update(
        starts_at=at(-days), ends_at=at(-days) + timedelta(hours=1)
    )
    return booked


@pytest.fixture
def lived(person: User, room: Resource, django_capture_on_commit_callbacks: Any) -> dict[str, Any]:
    """Everything that somebody can leave behind."""
    me = Customer.from_user(person)
    with django_capture_on_commit_callbacks(execute=True):
        asked: dict[str, Any] = {"requests": "Allergic to penicillin", "customer": me}
        over = past(room, 20, **asked)
        told = [{"question": 1, "text": "What should we know?", "answer": "No penicillin"}]
        Reservation.objects.filter(pk=over.pk).update(answers=told)
        as_guest = past(room, 21, customer=Customer(None, "Zebedea Q", "zq@example.com", "+493055512399"))
        coming = book(room, at(1), **asked)
        record_payment(reservation_id=coming.pk, amount=coming.total_amount, actor=Actor())
        moved = book(room, at(30), customer=Customer(person, "Z. Quillfeather", "earlier@quill.example"))
        changes = ReservationChanges(requests="penicillin again", customer=me)
        edit_reservation(reservation_id=moved.pk, changes=changes, actor=Actor(person))
        dropped = book(room, at(31), customer=me)
        cancel_reservation(reservation_id=dropped.pk, actor=Actor(person), reason="penicillin shock")
        wish: dict[str, Any] = {"duration": 60, "party_size": 1, "customer": me, "actor": Actor(person)}
        taken = book(room, at(40))
        waits = join_waitlist(
            venue_id=room.venue_id, resource_id=room.pk, preferred_on=taken.local_start.date(), **wish
        )
        offered = join_waitlist(
            venue_id=room.venue_id, resource_id=room.pk, preferred_on=at(41).date(), **wish
        )
        held = hold(room, at(41), customer=me)
        assert held.expires_at
        WaitlistOffer.objects.create(
            venue=room.venue, entry=offered, reservation=held, deadline_at=held.expires_at
        )
    ensure_customer_feed(person)
    create_key(user=person, name="Quillfeather's script", scopes=["read"])
    SocialAccount.objects.create(user=person, provider="openid_connect", uid="1", extra_data={"n": "Zebedea"})
    LogEntry.objects.create(
        user=person,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(person.pk),
        object_repr=str(person),
        action_flag=CHANGE,
        change_message="zq@example.com",
    )
    message = {
        "text": "Dear Zebedea Quillfeather",
        "subject": "Quillfeather",
        "payload": {"reason": "penicillin"},
    }
    Message.objects.exclude(subject_id=str(taken.pk)).update(**message)
    return {"over": over, "as_guest": as_guest, "coming": coming, "waits": waits, "offered": offered}


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the database with the name of its column."""
    introspection = connection.introspection
    with connection.cursor() as cursor:
        for table in introspection.table_names(cursor):
            quoted = connection.ops.quote_name(table)
            for column in introspection.get_table_description(cursor, table):
                name = connection.ops.quote_name(column.name)
                cursor.execute(f"SELECT CAST({name} AS text) FROM {quoted} WHERE {name} IS NOT NULL")
                for (value,) in cursor.fetchall():
                    yield f"{table}.{column.name}", str(value)


def traces() -> set[str]:
    return {column for column, text in texts() if any(word.lower() in text.lower() for word in WORDS)}


def test_nothing_of_the_person_is_left(lived: dict[str, Any], person: User) -> None:
    assert len(traces()) > 15  # the search finds what there is

    ended = close_account(user=person, cancel_bookings=True)

    assert traces() == set()
    assert len(ended) == 3  # two bookings and an offer
    person.refresh_from_db()
    assert not person.is_active
    assert not person.has_usable_password()
    assert User.objects.filter(pk=person.pk, email=f"{person.pk}@deleted.invalid").exists()
    assert not CalendarFeed.objects.filter(owner=person).exists()
    assert not ApiKey.objects.filter(user=person).exists()
    for gone in (SocialAccount, EmailAddress):
        assert not gone.objects.filter(user=person).exists()


def test_books_and_statistics_stay(lived: dict[str, Any], person: User) -> None:
    paid = list(Payment.objects.order_by("pk").values_list("pk", "amount", "kind"))
    events = ReservationEvent.objects.count()
    close_account(user=person, cancel_bookings=True)

    over, coming = lived["over"], lived["coming"]
    for booking in (over, coming):
        booking.refresh_from_db()
    assert (over.status, over.customer_id, str(over.total_amount)) == ("confirmed", person.pk, "25.0000")
    assert coming.status == Status.CANCELLED
    assert str(coming.fee_amount) == "12.5000"  # under its terms
    refund = Payment.objects.get(bill__reservation=coming, kind="refund")
    assert str(refund.amount) == "12.5000"
    kept = Payment.objects.exclude(pk=refund.pk).order_by("pk").values_list("pk", "amount", "kind")
    assert list(kept) == paid
    assert ReservationEvent.objects.count() > events


def test_the_waitlist_is_left_and_the_offer_given_back(lived: dict[str, Any], person: User) -> None:
    close_account(user=person, cancel_bookings=True)

    assert set(WaitlistEntry.objects.values_list("status", flat=True)) == {"left"}
    assert not Reservation.objects.filter(status=Status.HELD).exists()


def test_other_programs_still_hear_that_something_was_cancelled(lived: dict[str, Any], person: User) -> None:
    close_account(user=person, cancel_bookings=True)

    told = WebhookDelivery.objects.filter(event="reservation.cancelled", status="waiting")
    assert lived["coming"].code in json.dumps([each.payload for each in told])


def test_a_last_mail_says_what_was_ended(lived: dict[str, Any], person: User) -> None:
    mail.outbox.clear()
    close_account(user=person, cancel_bookings=True)

    (last,) = [each for each in mail.outbox if each.to == ["zq@example.com"]]
    assert lived["coming"].code in last.body
    assert "€12.50" in last.body


def test_bookings_to_come_must_be_agreed_to(lived: dict[str, Any], person: User) -> None:
    before = traces()
    with pytest.raises(BookingsOpen) as refused:
        close_account(user=person)

    assert len(refused.value.extra["bookings"]) == 3
    assert traces() == before
    person.refresh_from_db()
    assert person.is_active


def test_an_unproved_address_opens_nobody_elses_bookings(room: Resource) -> None:
    """Whoever signs up with another's address neither reads nor erases what that person booked as a guest."""
    book(room, at(3), customer=Customer(None, "Real Owner", "owner@example.com"))
    stranger = make_user("owner@example.com")

    assert privacy.build_document(stranger)["bookings"] == []
    close_account(user=stranger)
    assert Reservation.objects.get().customer_name == "Real Owner"


def test_others_keep_everything(lived: dict[str, Any], person: User, room: Resource) -> None:
    other = make_user("grace@example.com", first_name="Grace", last_name="Hopper")
    theirs = book(room, at(50), customer=Customer.from_user(other), requests="By the window")
    hers = Message.objects.filter(recipient="grace@example.com").values_list("pk", "text")
    before = list(hers)
    close_account(user=person, cancel_bookings=True)

    theirs.refresh_from_db()
    assert (theirs.customer_name, theirs.requests) == ("Grace Hopper", "By the window")
    assert list(hers.all()) == before


def test_the_only_manager_cannot_go(room: Resource) -> None:
    manager = make_member(room.venue, Role.MANAGER)
    make_member(room.venue, Role.STAFF)
    with pytest.raises(AccountNeeded, match=room.venue.name):
        close_account(user=manager)

    make_member(room.venue, Role.MANAGER)
    Resource.objects.update(person=manager)
    close_account(user=manager)
    assert not VenueMembership.objects.filter(user=manager).exists()
    room.refresh_from_db()
    assert room.person is None


def test_who_is_here_now_cannot_go(person: User, room: Resource) -> None:
    here = book(room, at(1), customer=Customer.from_user(person))
    Reservation.objects.filter(pk=here.pk).update(status=Status.CHECKED_IN)

    with pytest.raises(AccountNeeded):
        close_account(user=person, cancel_bookings=True)


def test_every_relation_to_an_account_is_exported_or_left_out_for_a_reason() -> None:
    relations = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in [*model._meta.fields, *model._meta.many_to_many]
        if field.related_model is User
    }
    covered = {name for part in privacy.parts for name in part.covers}
    left_out = {name: why for part in privacy.parts for name, why in part.left_out.items()}

    assert relations == covered | left_out.keys()
    assert not covered & left_out.keys()
    assert all(left_out.values())


def test_the_document_holds_everything_and_no_secret(
    lived: dict[str, Any], person: User, client: Client
) -> None:
    client.force_login(person)
    response = client.get("/account/data/download/")

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in response.headers["Cache-Control"]
    found = response.json()
    assert found["account"]["email"] == "zq@example.com"
    assert len(found["bookings"]) == 6
    (over,) = [each for each in found["bookings"] if each["code"] == lived["over"].code]
    assert over["requests"] == "Allergic to penicillin"
    assert [each["amount"] for each in over["payments"]] == ["25.0000"]
    assert over["history"]
    assert {each["status"] for each in found["waitlist"]} == {"waiting"}
    assert found["messages"]
    assert found["api_keys"][0]["name"] == "Quillfeather's script"
    assert found["calendar_feeds"][0]["kind"] == "customer"
    text = response.content.decode()
    assert "digest" not in text
    assert ApiKey.objects.get().digest not in text
    assert person.password not in text
    assert f'"{settings.SECRET_KEY}"' not in text


@pytest.mark.once
def test_the_document_costs_the_same_for_one_and_three_bookings(
    person: User, room: Resource, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(person)

    def queries() -> int:
        with django_assert_max_num_queries(60) as counted:
            client.get("/account/data/download/")
        return len(counted)

    book(room, at(3), customer=Customer.from_user(person))
    one = queries()
    for days in (4, 5):
        book(room, at(days), customer=Customer.from_user(person))
    assert queries() == one


@pytest.mark.once
def test_closing_on_the_page_asks_for_the_password(client: Client, person: User, room: Resource) -> None:
    book(room, at(9), customer=Customer.from_user(person))
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    session = client.session
    long_ago = timezone.now().timestamp() - 3600
    session["account_authentication_methods"] = [{"method": "password", "at": long_ago}]
    session.save()
    form = {"understood": "on", "cancel_bookings": "on"}

    assert client.get("/account/delete/").status_code == 200
    asked = client.post("/account/delete/", form)
    assert "/reauthenticate/" in asked.headers["Location"]
    assert User.objects.get(pk=person.pk).is_active

    done = client.post(asked.headers["Location"], {"password": PASSWORD}, follow=True)
    assert "Your account is deleted" in done.content.decode()
    assert not User.objects.get(pk=person.pk).is_active
    assert client.get("/my/").status_code == 302
    again = client.post("/accounts/login/", {"login": "zq@example.com", "password": PASSWORD})
    assert again.status_code == 200


@pytest.mark.once
def test_the_page_refuses_without_agreement(client: Client, person: User, room: Resource) -> None:
    booked = book(room, at(9), customer=Customer.from_user(person))
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})

    unticked = client.post("/account/delete/", {})
    assert unticked.status_code == 400
    not_agreed = client.post("/account/delete/", {"understood": "on"})
    assert not_agreed.status_code == 409
    assert booked.code in not_agreed.content.decode()
    booked.refresh_from_db()
    assert booked.status == Status.CONFIRMED
