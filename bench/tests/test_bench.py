"""A tiny run of the whole benchmark: that it works and writes its report, not how fast anything is."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bench.report import render_report, replace_part

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2030, 1, 1)


@pytest.mark.once
def test_a_tiny_run_writes_every_table(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    options = ["--rows", "120", "--resources", "12", "--engine", "sqlite", "--quick"]
    places = ["--directory", str(tmp_path / "data"), "--output", str(report)]
    environment = {**os.environ, "SECRET_KEY": "bench"}

    subprocess.run(
        [sys.executable, "-m", "bench", *options, *places], cwd=ROOT, env=environment, check=True, timeout=500
    )

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
    assert not list((tmp_path / "data").iterdir()), "the databases are gone"


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
