"""The whole promise at once, with real processes, mail, browser and calendar.

Two want the same room. The second waits; the first cancels; the second gets the offer by mail within seconds,
sees it live on the page, accepts it, and the subscribed calendar shows it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
import requests
from icalendar import Calendar
from playwright.sync_api import Browser, BrowserContext

from notifications.tests.mail_server import MailServer
from reservations.enums import Status
from reservations.models import Reservation
from resources.models import Resource
from tests.browser import DESKTOP, in_a_browser, visit
from tests.factories import at, make_resource, make_venue, open_always
from tests.processes import PATIENCE, beat, free_port, needs_redis, redis, server, until, worker

pytestmark = in_a_browser
Mails = Callable[[], str]
"""Everything that has been sent so far, decoded."""
NEW_PASSWORD = "correct horse battery"


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Alte Mühle", time_zone="Europe/Berlin", city="Berlin")
    open_always(venue)
    return make_resource(venue, name="Linden room")


def texts_of(inbox: MailServer) -> str:
    """Subjects and plain texts of all mails, readable."""
    mails = [message_from_bytes(mail.as_bytes(), policy=policy.default) for mail in inbox.mails]
    bodies = [(mail["subject"], mail.get_body(("plain",))) for mail in mails]
    return "\n".join(f"Subject: {subject}\n{body.get_content() if body else ''}" for subject, body in bodies)


@contextmanager
def alone() -> Iterator[tuple[str, Mails]]:
    """The embedded default: one process, no broker, mail on the console."""
    with server(EMAIL_URL="consolemail://", REDIS_URL="") as (address, process):
        yield address, lambda: process.output


@contextmanager
def in_parts() -> Iterator[tuple[str, Mails]]:
    """Production: server, worker, beat and Redis are processes of their own, mail goes out by SMTP."""
    port = free_port()
    with ExitStack() as stack:
        inbox = stack.enter_context(MailServer())
        stack.enter_context(redis(port))
        environment = {
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "EMAIL_URL": f"smtp://127.0.0.1:{inbox.port}",
        }
        address, _process = stack.enter_context(server(**environment))
        links = environment | {"SITE_URL": address}
        stack.enter_context(worker(**links))
        stack.enter_context(beat(**links))
        yield address, lambda: texts_of(inbox)


@pytest.mark.once  # nobody runs the default on anything but SQLite
def test_the_embedded_default_acts_by_itself(browser: Browser, room: Resource) -> None:
    with alone() as (address, mails):
        the_second_gets_the_room(address, mails, browser, room)


@pytest.mark.postgresql  # as it is run with processes of its own
@needs_redis
def test_separate_processes_act_by_themselves(browser: Browser, room: Resource) -> None:
    with in_parts() as (address, mails):
        the_second_gets_the_room(address, mails, browser, room)


def the_second_gets_the_room(address: str, mails: Mails, browser: Browser, room: Resource) -> None:
    start = at(5, 10).astimezone(room.venue.zone)
    first = book_as_guest(address, room, start)
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    here = visit(context)
    feed = register(context, address)
    assert events(feed) == []
    wait_for(context, address, room, start)
    here.page.goto(f"{address}/waitlist/")
    here.page.get_by_role("link", name="Linden room").click()
    here.page.get_by_text("You're first in line").wait_for()

    cancelled = requests.delete(
        f"{address}/api/reservations/{first['id']}",
        headers={"X-Reservation-Token": first["manage_token"]},
        timeout=PATIENCE,
    )
    assert cancelled.status_code == 200, cancelled.text
    here.page.get_by_text("A time opened up for you").wait_for()  # nobody reloads
    link = until(lambda: offered_link(mails(), address))
    here.page.goto(link)
    here.page.get_by_role("button", name="Confirm booking").click()
    here.page.get_by_role("heading", name="You're booked").wait_for()

    booked = Reservation.objects.get(status=Status.CONFIRMED)
    assert booked.starts_at == start
    assert events(feed) == [(start, "CONFIRMED")]
    until(lambda: booked.code in mails())
    assert here.complaints == []
    context.close()


def book_as_guest(address: str, room: Resource, start: datetime) -> dict[str, Any]:
    body = {
        "resource_id": str(room.uuid),
        "start": start.isoformat(),
        "duration": 60,
        "customer_info": {"name": "Ada Lovelace", "email": "ada@example.com"},
    }
    answer = requests.post(f"{address}/api/reservations", json=body, timeout=PATIENCE)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def register(context: BrowserContext, address: str) -> str:
    """Signs the browser up; returns the address of the calendar feed."""
    body = {"email": "grace@example.com", "password": NEW_PASSWORD, "name": "Grace Hopper"}
    answer = context.request.post(f"{address}/api/auth/register", data=body)
    assert answer.status == 201, answer.text()
    found = str(context.request.get(f"{address}/api/auth/user").json()["feed_url"])
    assert found.startswith(address)
    assert found.endswith(".ics")
    return found


def wait_for(context: BrowserContext, address: str, room: Resource, start: datetime) -> None:
    clock = f"{start:%H:%M}"
    body = {
        "resource_id": str(room.uuid),
        "preferred_date": start.date().isoformat(),
        "preferred_time": clock,
        "latest_time": clock,
        "duration": 60,
    }
    token = csrf_of(context, address)
    answer = context.request.post(
        f"{address}/api/waitlist", data=body, headers={"X-CSRFToken": token, "Referer": address}
    )
    assert answer.status == 201, answer.text()


def csrf_of(context: BrowserContext, address: str) -> str:
    context.request.get(f"{address}/accounts/password/change/")
    return next(str(each["value"]) for each in context.cookies() if each.get("name") == "csrftoken")


def offered_link(mails: str, address: str) -> str | None:
    """The last link to a waitlist entry in a mail that says that a time opened up."""
    offer = re.search(r"Subject: .*opened up.*", mails)
    links = re.findall(
        rf"{re.escape(address)}/waitlist/[0-9a-f-]+/[0-9a-f]+/", mails[offer.end() :] if offer else ""
    )
    return links[-1] if links else None


def events(feed: str) -> list[tuple[datetime, str]]:
    """Starts and states in the calendar as a subscriber gets it."""
    answer = requests.get(feed, timeout=PATIENCE)
    assert answer.status_code == 200
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    return [(each.decoded("DTSTART"), str(each["STATUS"])) for each in found]
