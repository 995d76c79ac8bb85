"""A tiny run of the whole benchmark: that it works and writes its report, not how fast anything is."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from bench import __main__ as measuring
from bench import engines
from bench.report import render_report, replace_part
from bench.stage import STEPS
from resources.models import Venue
from tests.emptying import empty_database
from tests.processes import database_url

DAY = date(2030, 1, 1)


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_tiny_run_writes_every_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the test database, emptied for each step's; a process for each would load everything anew."""
    report = tmp_path / "benchmarks.md"
    monkeypatch.setenv("DATABASE_URL", database_url())  # for the processes that book
    monkeypatch.setattr(engines, "run_step", run_here)
    monkeypatch.setattr(measuring, "run_step", run_here)
    monkeypatch.setattr(measuring, "open_engine", lambda *_: nullcontext(emptied))

    measuring.main(["--rows=120", "--resources=12", "--engine=sqlite", "--quick", f"--output={report}"])

    text = report.read_text()
    for heading in ("five questions", "Bookings", "Long spans", "Configuration", "Calendar pages", "Memory"):
        assert f"## {heading}" in text or f"## The engine's {heading}" in text
    assert "10,000 probes in one request" in text
    assert "spread over all resources" in text
    assert "| one hot resource | 4 threads |" in text
    assert "| after it was deleted |" in text
    assert "| cancelling, 40 wait |" in text
    assert "| releasing with 30 waiting |" in text
    assert "| searched by name |" in text
    assert str(tmp_path) not in text


def run_here(_url: str, step: str, **options: Any) -> dict[str, Any]:
    written = json.dumps(STEPS[step](**options))
    result: dict[str, Any] = json.loads(written)
    return result


@contextmanager
def emptied(_name: str) -> Iterator[str]:
    assert not Venue.objects.exists()
    yield database_url()
    empty_database()
    forget_statistics()
    cache.clear()


def forget_statistics() -> None:
    """What the plans of the tests that follow would else be made for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_schema WHERE name IN ('sqlite_stat1', 'sqlite_stat4')")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {name}")
        cursor.execute("ANALYZE sqlite_schema")  # reads them anew


@pytest.mark.once
def test_databases_are_copies_of_a_migrated_one_and_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def migrate(url: str, step: str) -> None:
        assert step == "migrate"
        Path(url.removeprefix("sqlite:///")).write_text("migrated")

    monkeypatch.setattr(engines, "run_step", migrate)
    with engines.open_engine("sqlite", tmp_path / "data") as new_database, new_database("one") as url:
        assert Path(url.removeprefix("sqlite:///")).read_text() == "migrated"
    assert not list((tmp_path / "data").iterdir())


@pytest.mark.once
def test_a_step_is_a_process_on_its_database(tmp_path: Path) -> None:
    found = engines.run_step(f"sqlite:///{tmp_path}/none.sqlite3", "version")
    assert found == {"version": sqlite3.sqlite_version}


def test_growth_is_relative_to_the_fewest_rows() -> None:
    text = render_report({"sqlite": [run(3000, 0.004), run(1000, 0.002)]}, today=DAY, command="script/bench")

    assert "| a question | 2.00 | x 2.00 |" in text


def test_one_part_can_be_measured_anew() -> None:
    main = {"sqlite": run(1000, 0.002)}
    first = render_report({"sqlite": [main["sqlite"]]}, today=DAY, command="script/bench")
    page = {"name": "month", "queries": 9, "p50": 0.1, "p95": 0.2, "bytes": 3000, "zipped": 1000}
    later = {"sqlite": {"calendar": {"rows": 5, "pages": [page]}}}

    once = replace_part(first, "calendar", later, today=DAY, command="script/bench --only calendar")
    assert "| SQLite | month | 9 | 100 | 200 | x 1.0 | 3 | 1 |" in once
    headings = [line for line in first.splitlines() if line.startswith("## ")]
    assert [line for line in once.splitlines() if line.startswith("## ")] == headings
    assert replace_part(once, "calendar", later, today=DAY, command="script/bench --only calendar") == once
    assert replace_part(once, "waiting", main, today=DAY, command="script/bench") == once


def test_a_part_that_is_new_comes_before_the_memory() -> None:
    main = {"sqlite": run(1000, 0.002)}
    full = render_report({"sqlite": [main["sqlite"]]}, today=DAY, command="script/bench")
    before, _lending, rest = full.partition("\n## Lending\n")
    without = before + "\n## " + rest.partition("\n## ")[2]
    with_memory_last = without + "\n## Beside a former version\n"

    found = replace_part(with_memory_last, "lending", main, today=DAY, command="script/bench")

    headings = [line for line in found.splitlines() if line.startswith("## ")]
    assert headings[-3:] == ["## Lending", "## Memory", "## Beside a former version"]


def run(rows: int, ours: float) -> dict[str, object]:
    question = {"name": "a question", "ours": ours, "best": ours, "raw": ours, "slots": 5}
    question |= {"by_reservations": 1.0, "by_occupancy": 0.5}
    return {
        "rows": rows,
        "resources": 10,
        "version": "1",
        "questions": [question] * 5,
        "bookings": [],
        "requests": [],
        "long_spans": [{"name": "without", "day": 0.001, "booking": 0.002}],
        "waiting": [
            {"name": "a", "statements": 9, "writes": 2, "cpu": 0.01, "seconds": 0.02, "log": 0},
        ],
        "batches": [{"name": "one by one", "seconds": 0.5, "statements": 300}],
        "catalog": {"resources": 5, "rows": 0.1, "cold": 0.2, "warm": 0.001, "one": 0.01},
        "calendar": {"rows": 5, "pages": []},
        "memory": {"started": 1.0, "after": 2.0},
    }
