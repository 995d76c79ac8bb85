"""``/stream/`` of a real server: who hears what, how soon, and that nothing is lost in between."""

import time
from typing import Any

import pytest
from django.test import Client

from live.tests.helpers import Refused, Server, Stream, serving
from reservations.domain.values import Actor, Customer
from reservations.links import token_for
from reservations.services import cancel_reservation
from reservations.tests.api_helpers import post
from resources.models import Resource
from tests.factories import GUEST, at, book, make_member, make_resource, make_user, make_whole
from tests.processes import PATIENCE, until
from tests.racing import race
from waitlist.links import token_for as entry_token
from waitlist.tests.helpers import join

pytestmark = pytest.mark.django_db(transaction=True)


def cookie(user: Any) -> dict[str, str]:
    """The header of a browser in which this person is signed in."""
    client = Client()
    client.force_login(user)
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


def listen(server: Server, room: Resource, **headers: str) -> Stream:
    return server.stream({"resource": str(room.uuid)}, **headers).begun()


def listen_again(server: Server, room: Resource, last_id: str) -> Stream:
    return server.stream({"resource": str(room.uuid)}, Last_Event_ID=last_id)


def test_a_booking_through_the_api_arrives_at_once(server: Server, client: Client) -> None:
    room = make_resource()
    stream = listen(server, room)
    body = {"resource_id": str(room.uuid), "start": at().isoformat(), "duration": 60}
    customer = {"name": GUEST.name, "email": GUEST.email}

    answer = post(client, "/api/reservations", body | {"customer_info": customer})
    assert answer.status_code == 201, answer.content
    began = time.monotonic()
    told = stream.next()

    assert time.monotonic() - began < PATIENCE / 3
    assert told == {
        "type": "availability",
        "venue": str(room.venue.uuid),
        "resources": [str(room.uuid)],
        "from": at().isoformat(),
        "to": at(7, 11).isoformat(),
    }
    assert {"content-type: text/event-stream; charset=utf-8", "cache-control: no-store"} <= {
        *stream.headers.split("\r\n")
    }


def test_reconnecting_brings_exactly_what_was_missed(server: Server) -> None:
    room, other = make_resource(), make_resource()
    stream = listen(server, room)
    book(room, at(3))
    first = stream.events(1, quiet=1.3)
    stream.close()

    start = at(4, 0)
    made = race(20, lambda number: book(room if number % 2 else other, start.replace(hour=number)))
    assert not [each for each in made if isinstance(each, BaseException)]
    again = listen_again(server, room, stream.last_id)
    missed = again.events(10, quiet=1.3)

    assert len(first) == 1
    starts = {each["payload"]["from"] for each in missed}
    assert len(missed) == 10
    assert starts == {start.replace(hour=number).isoformat() for number in range(1, 20, 2)}
    again.close()
    assert listen_again(server, room, again.last_id).events(0) == []


def test_from_the_middle_of_what_was_missed(server: Server) -> None:
    room = make_resource()
    stream = listen(server, room)
    for hour in range(5):
        book(room, at(3, hour))
    seen = stream.events(5)

    again = listen_again(server, room, seen[2]["id"]).events(2)

    assert [each["id"] for each in again] == [each["id"] for each in seen[3:]]


@pytest.mark.once
@pytest.mark.parametrize("last", ["999999999999", "nonsense", "5.9", "-1"])
def test_who_cannot_be_brought_up_to_date_fetches_everything(server: Server, last: str) -> None:
    room = make_resource()
    book(room)

    stream = listen_again(server, room, last)

    assert stream.events(1)[0]["event"] == "reset"


def test_a_page_hears_what_happened_since_it_was_made(server: Server) -> None:
    room = make_resource()
    book(room)

    told = server.stream({"resource": str(room.uuid), "since": int(time.time())}).events(1)

    assert told[-1]["payload"]["type"] == "availability"
    assert server.stream({"resource": str(room.uuid), "since": int(time.time() + 60)}).events(0) == []


def test_parts_and_wholes_hear_of_each_other(server: Server) -> None:
    left = make_resource()
    right = make_resource(left.venue)
    hall = make_whole([left, right])
    at_hall, at_left = listen(server, hall), listen(server, left)

    book(right)
    assert at_hall.next()["resources"] == [str(hall.uuid)]
    book(hall, at(8))
    assert at_left.next()["resources"] == [str(left.uuid)]


def test_ones_own_and_nobody_elses(server: Server) -> None:
    room, ada, eve = make_resource(), make_user(), make_user()
    hers = server.stream({"mine": "1"}, **cookie(ada)).begun()
    others = server.stream({"mine": "1"}, **cookie(eve)).begun()

    reservation = book(room, customer=Customer.from_user(ada), actor=Actor(ada))
    cancel_reservation(reservation_id=reservation.pk, actor=Actor(ada))

    told = [each["payload"] for each in hers.events(2, quiet=1.3)]
    assert [(each["id"], each["status"]) for each in told] == [
        (str(reservation.pk), "confirmed"),
        (str(reservation.pk), "cancelled"),
    ]
    assert others.events(0) == []


@pytest.mark.once
def test_the_public_hears_no_names_and_staff_hear_ids(server: Server) -> None:
    room = make_resource()
    venue = {"venue": room.venue.slug}
    guest = server.stream(venue).begun()
    facilitator = server.stream(venue, **cookie(make_member(room.venue))).begun()
    elsewhere = server.stream(venue, **cookie(make_member(make_resource().venue))).begun()

    reservation = book(room)

    told = [each["payload"] for each in guest.events(1, quiet=1.3)]
    assert told == [each["payload"] for each in elsewhere.events(1)]
    assert [sorted(each) for each in told] == [["from", "resources", "to", "type", "venue"]]
    seen = [each["payload"] for each in facilitator.events(2)]
    assert [each["type"] for each in seen] == ["availability", "reservation"]
    assert seen[1]["id"] == str(reservation.pk)


@pytest.mark.once
def test_a_guests_secret_opens_one_reservation(server: Server) -> None:
    mine, other = book(make_resource()), book(make_resource())
    stream = server.stream({"reservation": str(mine.pk), "token": token_for(mine)}).begun()

    for each in (other, mine):
        cancel_reservation(reservation_id=each.pk, actor=Actor())

    assert [each["payload"]["id"] for each in stream.events(1, quiet=1.3)] == [str(mine.pk)]
    with pytest.raises(Refused, match="404"):
        server.stream({"reservation": str(other.pk), "token": token_for(mine)})


def test_others_move_up_the_waitlist(server: Server) -> None:
    room = make_resource()
    entry = join(room)
    stream = server.stream({"entry": str(entry.pk), "token": entry_token(entry)}).begun()

    join(room, customer=Customer(name="Bob", email="bob@example.com"))

    told = stream.next()
    date = entry.preferred_on.isoformat()
    assert told == {"type": "waitlist", "venue": str(room.venue.uuid), "date": date}


@pytest.mark.once
def test_what_may_not_be_heard_is_refused(server: Server) -> None:
    hidden, closed = make_resource(is_active=False), make_resource()
    closed.venue.is_active = False
    closed.venue.save()
    stranger = cookie(make_user())
    for query, headers, status, code in (
        ({"mine": "1"}, {}, 401, "not_authenticated"),
        ({"mine": "1"}, {"Authorization": "Bearer nothing"}, 401, "invalid_token"),
        ({"resource": str(hidden.uuid)}, stranger, 404, "not_found"),
        ({"venue": closed.venue.slug}, stranger, 404, "not_found"),
        ({"venue": "nowhere"}, {}, 404, "not_found"),
        ({"entry": "zzz"}, {}, 400, "invalid"),
        ({}, {}, 400, "invalid"),
        ({"venue": ["x"] * 51}, {}, 400, "invalid"),
    ):
        with pytest.raises(Refused) as refused:
            server.stream(query, **headers)
        assert (refused.value.status, refused.value.body["code"]) == (status, code)
        assert "content-type: application/json" in refused.value.headers


@pytest.mark.once
def test_who_signs_out_hears_no_more(server: Server) -> None:
    user = make_user()
    stream = server.stream({"mine": "1"}, **cookie(user)).begun()
    user.is_active = False
    user.save()

    with pytest.raises(EOFError):
        stream.next()


def test_nobody_takes_all_connections(server: Server) -> None:
    user, room = cookie(make_user()), make_resource()
    open_ = [listen(server, room, **user) for _turn in range(8)]

    with pytest.raises(Refused) as refused:
        listen(server, room, **user)
    assert (refused.value.status, refused.value.body["code"]) == (429, "too_many_streams")
    assert "retry-after: 30" in refused.value.headers
    for each in open_:
        each.close()
    until(lambda: is_let_in(server, room, user))


def is_let_in(server: Server, room: Resource, user: dict[str, str]) -> bool:
    """Once the server has seen that the others are gone."""
    try:
        listen(server, room, **user).close()
    except Refused:
        return False
    return True


def test_open_pages_do_not_keep_the_server_from_stopping() -> None:
    room = make_resource()
    with serving(cut_off_after=PATIENCE) as server:
        stream = listen(server, room)
        began = time.monotonic()
        server.running.process.terminate()
        with pytest.raises(EOFError):
            stream.next()
        server.running.process.wait(PATIENCE)
        assert time.monotonic() - began < PATIENCE / 3  # it would have waited so long before it cut us off
        assert "Traceback" not in server.running.output
