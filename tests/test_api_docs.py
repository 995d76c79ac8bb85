"""docs/api.md: its two programs do what they say, its table is the whole API."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver
from drf_spectacular.generators import SchemaGenerator
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from common.root_urls import root_patterns
from config import api_urls
from reservations.enums import EventKind, Status
from reservations.models import Reservation
from resources.enums import ResourceKind
from resources.models import Resource
from tests.factories import book, make_policy, make_resource, make_rules, make_venue, open_always

pytestmark = pytest.mark.once

TOKYO = ZoneInfo("Asia/Tokyo")
"""Its clocks are never changed: tomorrow has every hour once."""
METHODS = ("get", "post", "put", "patch", "delete")
STEPS = re.compile(
    r"held (?P<room>.+) (?P<start>\S+) until (?P<until>\S+)\n"
    r"confirmed (?P<code>\S+) (?P<total>\S+) EUR\n"
    r"moved to (?P<moved>\S+)\n"
    r"cancelling costs (?P<quoted>\S+) EUR\n"
    r"cancelled fee (?P<fee>\S+) refund (?P<refund>\S+) EUR\n"
)


def document() -> str:
    return Path(settings.BASE_DIR / "docs" / "api.md").read_text()


def program(language: str) -> str:
    """The only code block of this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", document(), re.DOTALL | re.MULTILINE)
    return str(found)


def tomorrow(hour: int) -> datetime:
    day = datetime.now(tz=TOKYO) + timedelta(days=1)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


@pytest.fixture
def room() -> Resource:
    """A room for eight among what is no room for six; free tomorrow at one, then not before three."""
    venue = make_venue(time_zone=TOKYO.key)
    open_always(venue)
    rules = make_rules(venue)
    policy = make_policy(venue, (0, "50", "0"))
    make_resource(venue, rules=rules, capacity=4)
    make_resource(venue, rules=rules, kind=ResourceKind.TABLE)
    room = make_resource(venue, rules=rules, name="Linden room", cancellation_policy=policy, position=9)
    make_resource(venue, rules=rules, name="Other room", position=10)
    for each in venue.resources.filter(kind=ResourceKind.ROOM, capacity=8):
        book(each, tomorrow(0))
        book(each, tomorrow(2))
    book(venue.resources.get(name="Other room"), tomorrow(1))
    return room


def started(command: list[str], live_server: LiveServer) -> subprocess.CompletedProcess[str]:
    around = os.environ | {"HOLDFAST_URL": live_server.url, "TZ": TOKYO.key, "no_proxy": "*"}
    return subprocess.run(command, capture_output=True, text=True, timeout=500, env=around)


def run(command: list[str], live_server: LiveServer) -> dict[str, str]:
    """What the program printed, by step."""
    done = started(command, live_server)
    assert done.returncode == 0, done.stdout + done.stderr
    found = STEPS.fullmatch(done.stdout)
    assert found, done.stdout
    return found.groupdict()


def assert_booked_moved_and_cancelled(said: dict[str, str], room: Resource) -> None:
    reservation = Reservation.objects.get(code=said["code"])
    account = User.objects.get()
    assert (reservation.customer, reservation.party_size) == (account, 6)
    assert [item.resource for item in reservation.items.all()] == [room]
    assert (said["room"], said["start"]) == (room.name, tomorrow(1).isoformat())
    assert reservation.local_start == tomorrow(3)
    assert said["moved"] == tomorrow(3).isoformat()
    assert reservation.status == Status.CANCELLED
    assert (said["total"], said["quoted"], said["fee"], said["refund"]) == ("25.00", "12.50", "12.50", "0.00")
    kinds = list(reservation.events.order_by("id").values_list("kind", flat=True))
    assert kinds == [EventKind.HELD, EventKind.BOOKED, EventKind.RESCHEDULED, EventKind.CANCELLED]


@pytest.mark.django_db(transaction=True)
def test_the_python_program(live_server: LiveServer, room: Resource) -> None:
    said = run([sys.executable, "-c", program("python")], live_server)
    assert_booked_moved_and_cancelled(said, room)


@pytest.mark.django_db(transaction=True)
def test_the_shell_program(live_server: LiveServer, room: Resource) -> None:
    said = run(shell(), live_server)
    assert_booked_moved_and_cancelled(said, room)


def shell() -> list[str]:
    """The shell program as a command; without its tools the test is skipped, where it counts it fails."""
    missing = [name for name in ("sh", "curl", "python3") if shutil.which(name) is None]
    if missing:
        absent = pytest.fail if os.environ.get("CI") else pytest.skip
        absent(f"The shell program of docs/api.md was NOT run: {', '.join(missing)} is not installed.")
    return ["sh", "-c", program("sh")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["python", "sh"])
def test_a_refusal_ends_the_programs(live_server: LiveServer, language: str) -> None:
    """Nothing can be booked here: neither goes on as if it could."""
    command = shell() if language == "sh" else [sys.executable, "-c", program("python")]
    done = started(command, live_server)
    assert done.returncode != 0
    assert done.stdout == ""
    assert Reservation.objects.count() == 0


def documented() -> dict[str, set[str]]:
    """Address -> methods in the table."""
    rows = re.findall(r"^\| ([A-Z, ]+) \| `(/[^`]*)` \| [^|]+ \|$", document(), re.MULTILINE)
    assert len(rows) == len({address for _methods, address in rows})
    return {address: set(methods.split(", ")) for methods, address in rows}


def addresses(patterns: Iterable[Any], prefix: str) -> Iterator[tuple[str, set[str]]]:
    """Every address below and its methods, none for what is no address; allauth's own API is left out."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if "allauth" not in str(pattern.urlconf_name):
                yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield re.sub(r"<\w+:(\w+)>", r"<\1>", route), methods_of(pattern.callback)


def methods_of(callback: Any) -> set[str]:
    if actions := getattr(callback, "actions", None):
        return {name.upper() for name in METHODS if name in actions}
    view = getattr(callback, "cls", None) or callback.view_class
    allowed = [name for name in METHODS if name in view.http_method_names and hasattr(view, name)]
    return {name.upper() for name in allowed}


def test_the_table_is_the_whole_api() -> None:
    walked = (*addresses(api_urls.urlpatterns, "/api/"), *addresses(root_patterns(), "/"))
    found = {address: methods for address, methods in walked if methods}
    index = {"/api/": found.pop("/api/")}
    with_slash = {address: methods for address, methods in found.items() if address.endswith("/")}
    without = {address: methods for address, methods in found.items() if not address.endswith("/")}
    assert len(without) > 60
    assert {address.rstrip("/"): methods for address, methods in with_slash.items()} == without
    assert documented() == without | index


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/docs", "/docs/", "/redoc", "/redoc/"])
def test_where_people_look_by_habit_leads_to_the_page_of_the_api(client: Client, address: str) -> None:
    answer = client.get(address, follow=True)
    assert answer.redirect_chain == [("/api/docs", 302)]
    assert "swagger" in answer.content.decode()
    assert client.post(address).status_code == 405


def test_openapi_says_nothing_that_was_written_for_programmers() -> None:
    whole: Any = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    paths = whole["paths"]
    operations = [each for operations in paths.values() for each in operations.values()]
    assert len(operations) > 90
    assert [each["operationId"] for each in operations if "``" in each.get("description", "")] == []


def test_its_links_lead_somewhere() -> None:
    here = Path(settings.BASE_DIR / "docs")
    for target in re.findall(r"\]\(([^)#:]+)\)", document()):
        assert (here / target).exists(), target


AMOUNTS = re.compile(
    r"amount|.*_amount|price|.*_price|total_cost|hourly_rate|deposit|fee|refund|due|paid|refunded"
)
DATES = re.compile(r"date|.*_date|.*_on")
OTHERS_NAMES = "Reservia"
"""Where a `due` or a `request_date` is an instant."""
OF_DOCUMENT_004 = re.compile(
    r"(ClassType|Instalment|OwedInstalment|LedSession|PassKind|Pass|Payout|Session|SessionDetail|SessionTier|ToldSession)"
    r"\.(price|amount|deposit)|SeatCancelled\.(fee|refund)|SessionCancelled\.refunded|\w*Seat\w*\.booking_date"
    r"|Roster\.booking_date"
)
"""Where amounts are numbers, exact ones, and a date is an instant."""
INSTANTS = re.compile(r"start|end|start_utc|end_utc|deadline|next_free|first_free|.*_at")


def test_answers_say_which_texts_are_amounts_dates_and_instants() -> None:
    """Input may be written in other ways, too."""
    schemas = SchemaGenerator().get_schema(public=True)["components"]["schemas"]  # type: ignore[no-untyped-call]
    fields = {
        f"{name}.{field}": form
        for name, schema in schemas.items()
        for field, form in schema.get("properties", {}).items()
        if not name.endswith("Request") and not name.startswith(OTHERS_NAMES)
        if not OF_DOCUMENT_004.fullmatch(f"{name}.{field}")
    }
    for pattern, wanted in ((AMOUNTS, "decimal"), (DATES, "date"), (INSTANTS, "date-time")):
        formats = {
            name: form.get("format") for name, form in fields.items() if pattern.fullmatch(name.split(".")[1])
        }
        assert len(formats) > 5
        assert {name: form for name, form in formats.items() if form != wanted} == {}
