"""Nobody waits twice for the same, or for everything."""

from datetime import date, time
from functools import partial
from typing import Any

import pytest
from django.test import Client

from common.errors import DomainError
from reservations.domain.values import Actor, Customer
from reservations.tests.api_helpers import CUSTOMER_INFO, post
from resources.models import Resource
from tests.factories import GUEST, make_group, make_resource, make_user
from tests.racing import race
from waitlist.exceptions import AlreadyWaiting
from waitlist.models import WaitlistEntry
from waitlist.services import change_entry, leave_waitlist
from waitlist.services.joining import MOST_ACTIVE
from waitlist.tests.helpers import LIST, day, join, joined, patch, wish

pytestmark = pytest.mark.django_db
ADA = Customer(name="Ada", email="ada@example.com")


def test_a_second_time_for_the_same(client: Client) -> None:
    room = make_resource()
    joined(client, room)

    contact = CUSTOMER_INFO | {"email": "ADA@example.com"}
    again = post(client, LIST, wish(room, duration=60, contact_info=contact))

    assert (again.status_code, again.json()["code"]) == (409, "already_waiting")
    assert WaitlistEntry.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"preferred_date": day(8).isoformat()},
        {"preferred_time": "18:30"},
        {"latest_time": None},
        {"contact_info": CUSTOMER_INFO | {"email": "grace@example.com"}},
    ],
)
def test_anything_else_is_another_entry(client: Client, fields: dict[str, Any]) -> None:
    room = make_resource()
    joined(client, room)
    joined(client, room, **fields)


def test_another_thing_is_another_entry(client: Client) -> None:
    room = make_resource()
    group = make_group([room])
    joined(client, room)
    joined(client, make_resource(room.venue))
    to_group = {"resource_id": None, "group_id": str(group.uuid)}
    joined(client, room, **to_group)

    assert post(client, LIST, wish(room, **to_group)).status_code == 409


def test_an_open_window_is_a_window_too() -> None:
    room = make_resource()
    join(room)
    with pytest.raises(AlreadyWaiting):
        join(room)


def test_the_same_account_or_the_same_address(client: Client) -> None:
    room = make_resource()
    user = make_user("ada@example.com")
    client.force_login(user)
    joined(client, room, contact_info={"email": "office@example.com"})

    for customer in (Customer.from_user(user), Customer(name="Office", email="office@example.com")):
        with pytest.raises(AlreadyWaiting):
            join(room, customer=customer, earliest_time=time(18), latest_time=time(20))


@pytest.mark.parametrize("status", ["left", "booked", "expired"])
def test_who_waits_no_more_may_wait_again(status: str) -> None:
    room = make_resource()
    join(room)
    WaitlistEntry.objects.update(status=status)
    join(room)


def test_a_change_does_not_make_a_duplicate_either(client: Client) -> None:
    room = make_resource()
    joined(client, room)
    other = joined(client, room, preferred_time="19:00")
    token = {"X_Waitlist_Token": other["manage_token"]}

    refused = patch(client, other["id"], {"preferred_time": "18:00"}, **token)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_waiting")
    same = {"preferred_time": "19:00", "party_size": 3}
    assert patch(client, other["id"], same, **token).status_code == 200

    somebody = joined(client, room, contact_info=CUSTOMER_INFO | {"email": "x@example.com"})
    token = {"X_Waitlist_Token": somebody["manage_token"]}
    address = {"contact_info": {"email": "Ada@example.com"}}
    assert patch(client, somebody["id"], address, **token).status_code == 409


def test_the_most_waitlists_of_one_person(client: Client) -> None:
    room = make_resource()
    entries = [join(room, customer=ADA, preferred_on=day(1 + number)) for number in range(MOST_ACTIVE)]

    refused = post(client, LIST, wish(room, preferred_date=day(40).isoformat()))
    assert (refused.status_code, refused.json()["code"]) == (400, "limit_reached")
    join(room, customer=Customer(name="Grace", email="grace@example.com"))

    WaitlistEntry.objects.filter(pk=entries[0].pk).update(preferred_on=day(-1))
    join(room, customer=ADA, preferred_on=day(40))
    with pytest.raises(DomainError, match="reached the waitlist limit"):
        join(room, customer=ADA, preferred_on=day(41))
    leave_waitlist(entry_id=entries[1].pk, actor=Actor())
    join(room, customer=ADA, preferred_on=day(41))


# --- at the same time ---------------------------------------------------------------------------


def outcomes(results: list[Any]) -> list[str]:
    """``joined``, or the code of what was refused; nothing else may happen."""
    found = [each.code if isinstance(each, DomainError) else "joined" for each in results]
    strange = [each for each in results if not isinstance(each, WaitlistEntry | DomainError)]
    assert strange == []
    return sorted(found)


def _joining(room: Resource, customers: list[Customer], on: date, number: int) -> WaitlistEntry:
    return join(room, customer=customers[number], preferred_on=on)


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_of_the_same_guest() -> None:
    room = make_resource()
    for ahead in range(1, 11):
        rival = partial(_joining, room, [GUEST] * 2, day(ahead))
        assert outcomes(race(2, rival)) == ["already_waiting", "joined"]
    assert WaitlistEntry.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_an_account_with_two_addresses() -> None:
    room, user = make_resource(), make_user()
    customers = [Customer(user, "Ada", f"ada{number}@example.com") for number in range(4)]

    for ahead in range(1, 11):
        rival = partial(_joining, room, customers, day(ahead))
        assert outcomes(race(4, rival)) == ["already_waiting"] * 3 + ["joined"]


@pytest.mark.django_db(transaction=True)
def test_two_entries_changed_to_the_same() -> None:
    room = make_resource()
    made = [join(room, earliest_time=time(hour)) for hour in (18, 19)]

    def rival(number: int) -> WaitlistEntry:
        return change_entry(entry_id=made[number].pk, actor=Actor(), changes={"earliest_time": time(20)})

    assert outcomes(race(2, rival)) == ["already_waiting", "joined"]
    assert WaitlistEntry.objects.filter(earliest_time=time(20)).count() == 1


@pytest.mark.django_db(transaction=True)
def test_rivals_do_not_get_past_the_limit() -> None:
    room = make_resource()
    for number in range(MOST_ACTIVE - 1):
        join(room, preferred_on=day(100 + number))

    results = race(4, lambda number: join(room, preferred_on=day(1 + number)))

    assert outcomes(results) == ["joined"] + ["limit_reached"] * 3
    assert WaitlistEntry.objects.active().count() == MOST_ACTIVE
