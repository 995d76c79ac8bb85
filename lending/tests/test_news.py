"""What programs, open pages and calendars hear of loans; and what is left of it when people and years go."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.services.closing import close_account
from calendars.tests.helpers import events, feed_path
from common import clock
from lending import services
from lending.messages.reminders import tell_overdue
from lending.models import Loan, LoanEvent
from lending.tests.helpers import NOBODY, STAFF, ask, make_thing, rules_of
from live.models import Change
from notifications.models import Message
from reservations.domain.values import Actor
from reservations.models import HistoryRemoval
from reservations.services import make_rule, remove_history
from tests.factories import at, make_group, make_member, make_user, make_venue
from webhooks.models import WebhookDelivery
from webhooks.services import create_endpoint

pytestmark = pytest.mark.django_db


def deliveries() -> list[dict[str, Any]]:
    return list(WebhookDelivery.objects.order_by("created_at", "pk").values_list("payload", flat=True))


def test_programs_hear_who_decided() -> None:
    thing = make_thing(loan_period=1440)
    create_endpoint(venue=thing.venue, url="https://93.184.216.34/hook")
    person, waiting = make_user("ada@example.com", first_name="Ada"), make_user()
    first = ask(thing, person, actor=Actor(person), purpose="A prototype")
    second = ask(thing, waiting, actor=Actor(waiting))
    services.return_loan(loan_id=first.uuid, actor=Actor(person))
    services.recall_loan(loan_id=second.uuid, actor=STAFF)
    services.mark_lost(loan_id=second.uuid, actor=STAFF)
    services.mark_found(loan_id=second.uuid, actor=STAFF)
    told = [(each["type"], each["data"]["automatic"]) for each in deliveries() if "loan." in each["type"]]
    assert told == [
        ("loan.approved", False),
        ("loan.handed_out", False),
        ("loan.requested", False),
        ("loan.returned", False),
        ("loan.approved", True),
        ("loan.handed_out", True),
        ("loan.recalled", False),
        ("loan.lost", False),
        ("loan.returned", False),
    ]
    data = next(each["data"] for each in deliveries() if each["type"] == "loan.approved")
    assert (data["id"], data["number"]) == (str(first.uuid), first.pk)
    assert data["borrower"] == {"id": str(person.pk), "name": "Ada", "email": "ada@example.com"}
    assert (data["purpose"], data["resource"]["name"]) == ("A prototype", thing.name)


def poll(client: Client, after: str, **query: Any) -> tuple[str, list[dict[str, Any]]]:
    answer = client.get("/api/changes", {"after": after, **query} if after else query).json()
    return answer["last_id"], [each for each in answer["changes"] if each["type"] == "loan"]


def test_open_pages_hear_what_went_and_came_and_no_names() -> None:
    thing = make_thing()
    group = make_group([thing])
    person = make_user()
    anyone, own = Client(), Client()
    own.force_login(person)
    queries: list[tuple[Client, dict[str, Any]]] = [
        (anyone, {"venue": str(thing.venue.uuid)}),
        (anyone, {"resource": str(thing.uuid)}),
        (own, {"mine": "1"}),
    ]
    before = [poll(client, "", **query)[0] for client, query in queries]
    loan = ask(thing, person)
    ask(group)
    heard = [poll(client, after, **query)[1] for (client, query), after in zip(queries, before, strict=True)]
    seen = {"type": "loan", "venue": str(thing.venue.uuid), "resource": str(thing.uuid), "group": None}
    waits = seen | {"resource": None, "group": str(group.uuid), "status": "requested"}
    assert heard[0] == heard[1] == [seen | {"status": "out"}, waits]
    assert heard[2] == [seen | {"status": "out", "id": str(loan.uuid), "version": loan.version}]


def test_a_private_venue_tells_its_own_people_alone() -> None:
    thing = make_thing()
    thing.venue.is_active = False
    thing.venue.save()
    assert Client().get("/api/changes", {"venue": str(thing.venue.uuid)}).status_code == 404


def test_due_dates_stand_in_ones_own_calendar() -> None:
    person = make_user(wants_reminders=True, reminder_hours=3)
    thing = make_thing(loan_period=1440)
    loan = ask(thing, person)
    ask(make_thing(thing.venue), person)  # as long as it takes
    ask(make_thing(loan_period=60))  # somebody else's
    path = feed_path(person, "loans")
    [event] = events(path)
    assert event["uid"] == f"loan-{loan.uuid}@localhost"
    assert event["dtend"].dt == loan.due_at
    assert event["summary"] == f"Return {thing.name}"
    assert event.subcomponents[0]["trigger"].dt == timedelta(hours=-3)
    tag = Client().get(path)["ETag"]
    assert Client().get(path, HTTP_IF_NONE_MATCH=tag).status_code == 304
    services.recall_loan(loan_id=loan.uuid, actor=STAFF)
    assert Client().get(path)["ETag"] != tag
    services.return_loan(loan_id=loan.uuid, actor=STAFF)
    assert events(path) == []
    assert events(feed_path(person, "customer")) == []  # nor as a booking of a year


# --- people and years ---


def test_messages_and_deliveries_forget_who_has_gone() -> None:
    thing = make_thing(loan_period=60)
    make_member(thing.venue, email="boss@example.com")
    create_endpoint(venue=thing.venue, url="https://93.184.216.34/hook")
    person = make_user("zq@example.com", first_name="Zebedea", last_name="Quillfeather")
    loan = ask(thing, person, purpose="My thesis", actor=Actor(person))
    with time_machine.travel(at(2, 12)):
        tell_overdue(now=clock.now(), venue_id=thing.venue_id)
        digest = Message.objects.get(kind="staff_loan_overdue")
        Message.objects.filter(pk=digest.pk).update(text="Zebedea Quillfeather has it")
        services.force_return(loan_id=loan.uuid, actor=STAFF, reason="On the carpet")
        close_account(user=person)
    kept = str([list(model.objects.values()) for model in (Message, WebhookDelivery, Loan, LoanEvent)])
    words = ("Zebedea", "Quillfeather", "zq@example.com", "thesis", "carpet")
    assert [word for word in words if word in kept] == []
    assert {each["data"]["status"] for each in deliveries() if "loan." in each["type"]} >= {"out"}


def test_requests_that_came_to_nothing_go_with_old_history() -> None:
    with time_machine.travel(at(-1200, 8)):
        thing = make_thing(pickup_window=60)
        given_up, waiting = ask(thing), ask(thing)
        elsewhere = ask(make_thing(make_venue(), pickup_window=60))
        for loan in (given_up, elsewhere):
            services.cancel_loan(loan_id=loan.uuid, actor=NOBODY)
        services.decline_loan(loan_id=ask(thing).uuid, actor=STAFF)
    recent = ask(make_thing(thing.venue, rules_of(thing)))
    services.cancel_loan(loan_id=recent.uuid, actor=NOBODY)
    rule = make_rule(thing.venue, months=24, now=clock.now())
    assert remove_history(rule, now=clock.now()) == 3
    assert set(Loan.objects.values_list("pk", flat=True)) == {waiting.pk, elsewhere.pk, recent.pk}
    assert not LoanEvent.objects.filter(loan=given_up.pk).exists()
    assert not Message.objects.filter(subject_id=str(given_up.uuid)).exists()
    record = HistoryRemoval.objects.get()
    assert (record.reservations, record.permit_id) == (1, None)
    assert record.events > 3
    assert remove_history(rule, now=clock.now()) == 0
    assert HistoryRemoval.objects.count() == 1


def test_each_change_is_written_down_once() -> None:
    thing = make_thing()
    loan = ask(thing)
    services.return_loan(loan_id=loan.uuid, actor=NOBODY)
    rows = Counter(Change.objects.filter(kind="loan").values_list("status", flat=True))
    assert rows == {"out": 1, "returned": 1}
