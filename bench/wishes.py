"""What is asked of each version: by addresses and fields that both have."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from bench.served import Answer, Server

GUEST = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+493012345678"}
AHEAD = 100
"""Days from today, behind all that was generated: every booking finds room."""
HOURS = (9, 12, 15)
"""UTC, with room between them for moving by an hour and for buffers."""
NOTHING = "q=nothing-is-called-so"
GZIP = {"Accept-Encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class Wish:
    """One request, whose answer must have this status."""

    server: Server
    method: str
    path: str
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self) -> Answer:
        answer = self.server.ask(self.method, self.path, self.body, **self.headers)
        if answer.status != self.status:
            raise ValueError(f"{self.method} {self.path}: {answer.status} {answer.body[:300]!r}")
        return answer

    def send(self) -> int:
        """The size of its answer in bytes."""
        return len(self.ask().body)


WishMakers = dict[str, Callable[[], Wish]]


def filled_day() -> date:
    """The middle of the month that is full of bookings, the next: nothing of it is past."""
    return (datetime.now(tz=UTC).date().replace(day=1) + timedelta(days=31)).replace(day=15)


def make_wishes(server: Server) -> WishMakers:
    """By name; each call makes a request of its own."""
    staff = {"Cookie": server.staff}
    rooms = [row["id"] for row in Wish(server, "GET", "/api/resources?page_size=50").ask().json["results"]]
    soon, day = datetime.now(tz=UTC).date() + timedelta(3), filled_day()
    free = _free_hours(rooms)
    pages = {
        "reservations, 50": "/api/reservations?page_size=50",
        "reservations, none": f"/api/reservations?page_size=50&{NOTHING}",
        "resources, 50": "/api/resources?page_size=50",
        "resources, none": f"/api/resources?page_size=50&{NOTHING}",
        "search, 50": f"/api/search?page_size=50&date={soon}",
        "search, none": f"/api/search?page_size=50&date={soon}&{NOTHING}",
        "calendar of a month": f"/api/calendar?view=month&date={day}&page_size=50",
        "calendar of a day": f"/api/calendar?view=day&date={day}&page_size=50",
        "page of a month": f"/calendar/month/{day}/?venue=bench",
        "page of a day": f"/calendar/day/{day}/?venue=bench",
    }
    return {
        "booking": lambda: _booking(server, *next(free)),
        "moving": lambda: _moving(server, free),
        "cancelling": lambda: _cancelling(server, free),
        **{name: partial(Wish, server, "GET", path, headers=staff | GZIP) for name, path in pages.items()},
        **_feeds(server),
    }


def _feeds(server: Server) -> WishMakers:
    slug = Wish(server, "GET", "/api/resources?page_size=1").ask().json["results"][0]["slug"]
    path = f"/calendars/resources/bench/{slug}/busy.ics"

    def ask_again() -> Wish:
        known = {"If-None-Match": Wish(server, "GET", path).ask().headers["ETag"]}
        return Wish(server, "GET", path, status=304, headers=known)

    return {"busy feed": partial(Wish, server, "GET", path), "busy feed, 304": ask_again}


def _free_hours(rooms: list[str]) -> Iterator[tuple[str, datetime]]:
    morning = datetime.now(tz=UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in count(AHEAD):
        for room in rooms:
            for hour in HOURS:
                yield room, morning + timedelta(days=day, hours=hour)


def _booking(server: Server, room: str, start: datetime) -> Wish:
    body = {"resource_id": room, "start": start.isoformat(), "duration": 60, "customer_info": GUEST}
    return Wish(server, "POST", "/api/reservations", body, 201)


def _moving(server: Server, free: Iterator[tuple[str, datetime]]) -> Wish:
    room, start = next(free)
    address, secret = _booked(server, room, start)
    body = {"start": (start + timedelta(hours=1)).isoformat()}
    return Wish(server, "PATCH", address, body, headers=secret)


def _cancelling(server: Server, free: Iterator[tuple[str, datetime]]) -> Wish:
    address, secret = _booked(server, *next(free))
    return Wish(server, "POST", f"{address}/cancel", {"reason": "Ill"}, headers=secret)


def _booked(server: Server, room: str, start: datetime) -> tuple[str, dict[str, str]]:
    made = _booking(server, room, start).ask().json
    return f"/api/reservations/{made['id']}", {"X-Reservation-Token": made["manage_token"]}
