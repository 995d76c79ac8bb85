"""What a row of the table is, how its request is made, and the usual answers by role."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import Client
from django.test.client import ClientHandler

from tests.permissions.addresses import path_of
from tests.permissions.people import ROLES
from tests.permissions.world import World

GUESTS = ("anonymous", "token")
STRANGERS = ("anonymous", "other_customer", "other_manager", "facilitator")
OUTSIDERS = ("customer", "other_customer", "other_manager")
"""Who is signed in and does not work for the venue."""

APPS = (
    "common",
    "accounts",
    "resources",
    "reservations",
    "calendars",
    "waitlist",
    "notifications",
    "webhooks",
    "live",
    "lending",
    "classes",
    "account",
)

CODES = {401: "not_authenticated", 403: "forbidden", 404: "not_found"}

HANDLER = ClientHandler(enforce_csrf_checks=False)
"""Of all browsers: each would load the middleware anew."""

Expected = dict[str, int]
Values = Callable[[World], dict[str, Any]]


def everyone(status: int) -> Expected:
    return dict.fromkeys(ROLES, status)


def but(expected: Expected, status: int, *roles: str) -> Expected:
    return expected | dict.fromkeys(roles, status)


def signed_in(status: int = 200) -> Expected:
    """Guests must sign in, everybody else is served."""
    return but(everyone(status), 401, *GUESTS)


def for_own(status: int = 200) -> Expected:
    """Whose it is and the venue's managers and staff; to others it is not there."""
    return but(everyone(status), 404, *STRANGERS)


def changed_by_staff(status: int = 200) -> Expected:
    """Its owner sees it, too, but may not do this."""
    return but(for_own(status), 403, "customer", "token")


def seen_by_leader(status: int = 200) -> Expected:
    """Facilitators see what they lead."""
    return but(for_own(status), status, "facilitator")


def not_changed_by_leader(expected: Expected) -> Expected:
    """They see it, so it is forbidden rather than missing."""
    return but(expected, 403, "facilitator")


def seen_by_members(status: int = 200) -> Expected:
    """Of the venue's configuration; who works elsewhere or nowhere does not learn of it."""
    return but(signed_in(status), 404, *OUTSIDERS)


def changed_by_managers(status: int = 200, *, public: bool = False) -> Expected:
    """``public``: everybody sees it, so it is forbidden rather than missing."""
    refused = but(seen_by_members(status), 403, "facilitator", "staff")
    return but(refused, 403, *OUTSIDERS) if public else refused


def nothing(world: World) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    """One request: ``route`` as in the URL configuration, ``id`` the attribute of ``World`` it is about.

    ``body`` is valid; without one there is none. ``about`` is the attribute of ``World`` that the body
    names, where it decides who may. ``known`` are fields that the endpoint does take although most others
    refuse them, for the test of mass assignment, ``takes`` those that are its own and anybody may send;
    ``scope`` is what an API key needs besides the view's;
    ``parts`` are the attributes for further places of the route.
    """

    method: str
    route: str
    expected: Expected
    id: str = ""
    body: Values | None = None
    query: Values = nothing
    note: str = ""
    about: str = ""
    known: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    scope: str = ""
    parts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.method, self.route, self.note)))

    def address(self, world: World) -> str:
        keys = iter([key_of(getattr(world, name)) for name in (self.id, *self.parts) if name])
        return path_of(re.sub(r"<[^>]+>", lambda _place: next(keys), self.route))

    def headers(self, world: World, role: str) -> dict[str, str]:
        return world.tokens(self.id) if role == "token" else {}


def key_of(thing: Any) -> str:
    """What stands in addresses."""
    return str(getattr(thing, "uuid", thing.pk))


@dataclass(frozen=True)
class Request:
    """A row about one world: everything it needs has been made."""

    method: str
    address: str
    body: dict[str, Any] | None
    query: dict[str, Any]

    @classmethod
    def of(cls, row: Row, world: World) -> "Request":
        body = row.body(world) if row.body else None
        return cls(row.method, row.address(world), body, row.query(world))

    def about(self, old: str, new: str) -> "Request":
        """The same about another thing."""
        body = (
            None if self.body is None else json.loads(json.dumps(self.body).replace(f'"{old}"', f'"{new}"'))
        )
        return replace(self, address=re.sub(rf"/{old}\b", f"/{new}", self.address), body=body)

    def sent(self, client: Client, headers: dict[str, str], method: str = "") -> Any:
        method = (method or self.method).lower()
        call = getattr(client, method)
        if method in ("get", "head"):
            return call(self.address, self.query, headers=headers)
        text = "" if self.body is None else json.dumps(self.body)
        return call(self.address, text, content_type="application/json", headers=headers)


def everything() -> dict[str, list[Any]]:
    """All rows of all our tables."""
    ours = (apps.get_app_config(app) for app in APPS)
    models = [model for app in ours for model in app.get_models(include_auto_created=True)]
    with connection.cursor() as cursor:
        return {model._meta.db_table: _rows(cursor, model._meta.db_table) for model in models}


def _rows(cursor: CursorWrapper, table: str) -> list[Any]:
    cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
    found: list[Any] = cursor.fetchall()
    return found


def client_of(world: World, role: str) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.handler = HANDLER
    client.cookies.load(world.session(role))
    return client


def assert_expected(row: Row, role: str, answer: Any) -> None:
    assert answer.status_code == row.expected[role], (row.name, role, answer.content[:300])
    if answer.status_code in CODES:
        assert answer.json()["code"] == CODES[answer.status_code], (row.name, role)
