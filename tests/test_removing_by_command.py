"""Removed history: its archive, the command and the job."""

import errno
import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from common import clock
from common.models import SweepFailure
from common.periodic import jobs
from reservations.domain.archiving import ArchiveFailed
from reservations.models import HistoryRemoval, Reservation, ReservationSeries
from resources.models import Resource
from tests.factories import at, book, make_resource
from tests.removing_steps import long_ago, paid, remove

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource()


def test_what_goes_is_kept_as_files(room: Resource, tmp_path: Path) -> None:
    booked = long_ago(lambda: paid(room))
    assert remove(room, paid_months=24, archive=tmp_path / "kept") == 1

    (file,) = (tmp_path / "kept").iterdir()
    assert file.name.startswith(f"{room.venue.slug}-{booked.starts_at:%Y-%m}-")
    rows = [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
    kinds = [row["model"].split(".")[1] for row in rows]
    assert kinds == [
        "bill",
        "payment",
        "reservation",
        "reservationitem",
        "reservationevent",
    ]
    assert rows[2]["fields"]["code"] == booked.code

    call_command("loaddata", str(file), verbosity=0)
    again = Reservation.objects.get()
    assert (again.code, again.items.count(), again.events.count()) == (booked.code, 1, len(rows) - 4)
    assert again.bill is not None
    assert again.bill.payments.exists()


def test_nothing_goes_that_cannot_be_archived(room: Resource, tmp_path: Path) -> None:
    long_ago(lambda: book(room))
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="can't be written"):
        run("--months", "24", "--archive", str(tmp_path / "file"))
    assert Reservation.objects.count() == 1


def test_an_archive_can_be_read_back_with_its_series(room: Resource, tmp_path: Path) -> None:
    booked = long_ago(lambda: book(room))
    series = ReservationSeries.objects.create(venue=room.venue, rule="FREQ=WEEKLY")
    Reservation.objects.update(series=series)
    assert remove(room, archive=tmp_path) == 1

    call_command("loaddata", *map(str, tmp_path.iterdir()), verbosity=0)
    assert Reservation.objects.get(pk=booked.pk).series == series


class DiskIsFull:
    def __init__(self, at_call: int) -> None:
        self.calls, self.at_call = 0, at_call

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self.calls += 1
        if self.calls == self.at_call:
            raise OSError(errno.ENOSPC, "No space left on device")


def test_what_breaks_off_spoils_no_file(room: Resource, tmp_path: Path, monkeypatch: Any) -> None:
    long_ago(lambda: [book(room, at(day)) for day in (1, 8)])
    monkeypatch.setattr("os.fsync", DiskIsFull(1))
    with pytest.raises(ArchiveFailed, match="No space left"):
        remove(room, archive=tmp_path)
    assert not list(tmp_path.iterdir())
    assert not SweepFailure.objects.exists(), "no booking's fault"
    assert not HistoryRemoval.objects.exists()
    assert Reservation.objects.count() == 2
    assert remove(room, archive=tmp_path) == 2


def run(*arguments: str) -> str:
    call_command("remove_history", *arguments, stdout=(out := StringIO()))
    return out.getvalue()


def test_the_command_says_first_what_it_would_do(room: Resource) -> None:
    old = long_ago(lambda: book(room))
    long_ago(lambda: paid(make_resource(room.venue, rules=room.rules)))
    slug = room.venue.slug

    said = run("--months", "24", "--venue", slug, "--dry-run")
    assert (
        f"1 bookings ({old.starts_at:%Y-%m-%d} to {old.starts_at:%Y-%m-%d}) would be removed, 1 stay." in said
    )
    assert Reservation.objects.count() == 2

    assert f"{slug}: removed 1 bookings" in run("--months", "24", "--venue", slug)
    assert "0 bookings would be removed, 1 stay." in run("--months", "24", "--dry-run")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--months", "0"),
        ("--months", "-1"),
        ("--months", "99999"),
        ("--months", "24", "--paid-months", "-1"),
        ("--months", "24", "--paid-months", "99999"),
        ("--months", "24", "--venue", "nowhere"),
    ],
    ids=" ".join,
)
def test_the_command_refuses_what_it_does_not_understand(room: Resource, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)


def test_by_itself_nothing_goes_unless_it_is_wanted(room: Resource, settings: Settings) -> None:
    long_ago(lambda: book(room))
    job = jobs["reservations.remove_history"]
    assert job.perform(clock.now()) == 0
    settings.HISTORY_MONTHS = 24
    assert job.perform(clock.now()) == 1


@pytest.mark.parametrize(("months", "paid_months"), [(-1, 0), (24, -1), (99999, 0)])
def test_wrong_settings_remove_nothing(
    room: Resource, settings: Settings, months: int, paid_months: int
) -> None:
    """A number below nothing would name a day that is still to come."""
    long_ago(lambda: paid(room))
    settings.HISTORY_MONTHS, settings.HISTORY_PAID_MONTHS = months, paid_months
    jobs["reservations.remove_history"].perform(clock.now())
    assert Reservation.objects.count() == 1
