"""vdirsyncer fetches a feed from a running server, khal shows what it understood."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from calendars.kinds import BuiltInKind
from calendars.links import busy_url, feed_url
from calendars.services import make_feed
from calendars.tests.helpers import as_customer
from common.clock import now
from reservations.domain.values import Actor
from reservations.services import cancel_reservation, reschedule_reservation
from resources.models import Resource
from tests.factories import book, make_resource, make_user, make_venue, open_always

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("local_site"),
    pytest.mark.once,
]
BIN = Path(sys.executable).parent
SYNC = """
[general]
status_path = "{home}/status/"
[pair feed]
a = "ours"
b = "theirs"
collections = null
conflict_resolution = "a wins"
[storage ours]
type = "http"
url = "{url}"
[storage theirs]
type = "filesystem"
path = "{home}/events/"
fileext = ".ics"
"""
SHOW = """
[calendars]
[[feed]]
path = {home}/events/
readonly = True
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = {zone}
default_timezone = {zone}
[sqlite]
path = {home}/khal.db
"""


class Reader:
    """Somebody's computer with both programs, in a time zone."""

    def __init__(self, home: Path, url: str, zone: str) -> None:
        self.home, self.env = home, {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        (home / "events").mkdir(parents=True)
        (home / "sync.conf").write_text(SYNC.format(home=home, url=url))
        (home / "khal.conf").write_text(SHOW.format(home=home, zone=zone))

    def run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(BIN / program), "-c", *arguments],
            env=self.env,
            text=True,
            capture_output=True,
            timeout=300,
            input="y\ny\n",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "rror" not in done.stderr, done.stderr
        return done.stdout

    def shown(self, day: datetime) -> list[str]:
        """What stands on the two days from this one, after fetching anew."""
        if not (self.home / "status").exists():
            self.run("vdirsyncer", f"{self.home}/sync.conf", "discover")
        self.run("vdirsyncer", f"{self.home}/sync.conf", "sync")
        form = "{start-date} {start-time}-{end-time} {title} @{location} !{status}"
        text = self.run(
            "khal", f"{self.home}/khal.conf", "list", "--format", form, "-df", "", f"{day:%Y-%m-%d}", "2d"
        )
        return [line.strip() for line in text.splitlines() if "-" in line]


@pytest.fixture
def local_site(settings: Settings, live_server: LiveServer) -> None:
    settings.SITE_URL = live_server.url


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Mühle", street="Straße 1; hinten", city="Köln", time_zone="Europe/Berlin")
    open_always(venue)
    return make_resource(venue, name="Blauer Raum 🎉")


@pytest.fixture
def day(room: Resource) -> datetime:
    """Midnight in Berlin of a day next week."""
    local = (now() + timedelta(days=7)).astimezone(room.venue.zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def reader(tmp_path: Path, user: User, zone: str) -> Reader:
    return Reader(
        tmp_path / zone.replace("/", "-"), feed_url(make_feed(user=user, kind=BuiltInKind.CUSTOMER)), zone
    )


def test_a_booking_appears_moves_and_is_cancelled(room: Resource, day: datetime, tmp_path: Path) -> None:
    ada = make_user(first_name="Ada")
    booked = book(room, day.replace(hour=15), **as_customer(ada))
    berlin, new_york = (reader(tmp_path, ada, zone) for zone in ("Europe/Berlin", "America/New_York"))
    what = "Blauer Raum 🎉 · Mühle"
    place = "Blauer Raum 🎉, Mühle, Straße 1; hinten, Köln"
    (line,) = berlin.shown(day)
    assert line.startswith(f"{day:%Y-%m-%d} 15:00-16:00 {what}")
    assert place in line
    (line,) = new_york.shown(day)
    there = day.replace(hour=15).timestamp()
    assert line.startswith(f"{day:%Y-%m-%d} {_clock(there, 'America/New_York')}-")

    start = day.replace(hour=18)
    reschedule_reservation(
        reservation_id=booked.pk, start=start, end=start + timedelta(hours=1), actor=Actor(ada)
    )
    (line,) = berlin.shown(day)
    assert line.startswith(f"{day:%Y-%m-%d} 18:00-19:00 {what}")

    cancel_reservation(reservation_id=booked.pk, actor=Actor(ada))
    (line,) = berlin.shown(day)
    assert "CANCELLED" in line


def _clock(timestamp: float, zone: str) -> str:
    return f"{datetime.fromtimestamp(timestamp, ZoneInfo(zone)):%H:%M}"


def test_the_public_feed_is_read_as_busy(room: Resource, day: datetime, tmp_path: Path) -> None:
    booked = book(room, day.replace(hour=9), 90)
    book(room, day + timedelta(days=5))  # an empty calendar would make vdirsyncer suspicious
    found = Reader(tmp_path / "public", busy_url(room), "Europe/Berlin")
    (line,) = found.shown(day)
    assert line.startswith(f"{day:%Y-%m-%d} 09:00-10:30 Busy")
    cancel_reservation(reservation_id=booked.pk, actor=Actor())
    assert found.shown(day) == []
