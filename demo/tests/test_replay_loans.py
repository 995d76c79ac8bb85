"""A log of jobs on one machine: nothing is lent twice, nobody is stuck, and fair queues spare light users."""

import re
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from demo import replay_loans
from demo.jobs import FIELDS, Job, ReadReport, read_jobs
from demo.management.commands.replay_loans import EPOCH, find_beginning
from lending.models import Loan
from lending.tests.helpers import make_thing
from notifications.models import Message
from reservations.domain.values import ItemRequest
from reservations.enums import Purpose
from reservations.models import Reservation
from reservations.services import block_time
from tests.factories import at

HEADER = "; Version: 2.2\n; UnixStartTime: 757382400\n;   Note: made for the tests\n;\n"


def line(number: int, submitted: int, ran: int, user: int) -> str:
    fields = [-1] * FIELDS
    fields[0], fields[1], fields[3], fields[11] = number, submitted, ran, user
    return " ".join(map(str, fields)) + "\n"


def write_log(path: Path) -> Path:
    """User 1 keeps the machine busy; six others come now and then, for a little while."""
    jobs = [(hour * 1500, 4000, 1) for hour in range(8)] + [
        (minute * 2400, 600, 2 + minute % 6) for minute in range(8)
    ]
    rows = [line(number, *job) for number, job in enumerate(sorted(jobs), start=1)]
    broken = ["1 2 3\n", line(90, 20_000, 600, -1), line(91, 20_001, 30, 2), "x" * 100_000 + "\n"]
    late = [line(92, 5, 600, 2), line(93, 20_002, 600, 3).replace("600", "1e999")]
    path.write_text(HEADER + "".join(rows + broken + late) + "\n\ufeff;end")
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path / "log.swf")


@pytest.mark.once
def test_broken_lines_are_counted_and_stop_no_other(log: Path) -> None:
    report = ReadReport()
    jobs = list(read_jobs(log, report, shortest=60))
    assert len(jobs) == report.read == 16
    assert jobs[0] == Job(1, 0, 600, 2)
    assert report.left_out == {
        "not 18 numbers": 3,
        "user, time or length unknown": 1,
        "too short": 1,
        "submitted before the line above": 1,
        "not a number": 1,
    }
    assert report.examples[0] == "line 21: not 18 numbers"
    assert find_beginning(report) == datetime(1994, 1, 1, tzinfo=UTC)


@pytest.mark.once
@pytest.mark.parametrize("text", ["", "soon", "-5", "9" * 30, "1"])
def test_a_log_without_a_beginning_gets_one(text: str) -> None:
    assert find_beginning(ReadReport(header={"UnixStartTime": text})) == EPOCH


@pytest.mark.django_db
def test_both_rules_are_replayed_and_compared(log: Path) -> None:
    out, errors = StringIO(), StringIO()
    call_command("replay_loans", log, stdout=out, stderr=errors, verbosity=0)
    text = out.getvalue()
    assert [word for word in ("fifo: 16", "fair: 16") if word not in text] == []
    assert text.count("0 overlaps, 0 stuck") == 2
    assert "Left out: 3 lines, not 18 numbers." in errors.getvalue()
    waits = [int(found) for found in re.findall(r"everybody else: median wait (\d+) min", text)]
    assert waits[1] <= waits[0]
    assert Loan.objects.filter(status="returned").count() == Loan.objects.count() == 32
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_the_count_sees_what_was_lent_twice() -> None:
    thing = make_thing(units=2)
    for _row in range(2):
        block_time(
            venue_id=thing.venue_id,
            items=[ItemRequest(thing.pk)],
            start=at(7, 10),
            end=at(7, 11),
            title="Loan",
            purpose=Purpose.BLOCK,
            actor=replay_loans.IMPORTER,
        )
    assert replay_loans.count_overlaps(thing) == 0
    Reservation.objects.update(status="completed")
    thing.units = 1
    assert replay_loans.count_overlaps(thing) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (None, {}, "can't be read"),
        (HEADER, {}, "no job"),
        ("nonsense\n", {}, "no job"),
        (HEADER, {"units": 0}, "1 or more"),
    ],
)
def test_what_cannot_be_replayed_is_said(
    tmp_path: Path, text: str | None, options: dict[str, int], message: str
) -> None:
    path = tmp_path / "log.swf"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CommandError, match=message):
        call_command("replay_loans", path, stdout=StringIO(), stderr=StringIO(), **options)
