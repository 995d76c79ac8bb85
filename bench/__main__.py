"""Measures the engine, the bookings and the API, and writes docs/benchmarks.md: ``script/bench --help``."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.engines import ENGINES, ROOT, database, run_step
from bench.report import render, with_calendar


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    today = datetime.now(tz=UTC).date()
    engines = ENGINES if options.engine == "both" else (options.engine,)
    if options.only == "calendar":
        pages = {engine: measure_calendar(engine, today, options) for engine in engines}
        text = options.output.read_text()
        options.output.write_text(with_calendar(text, pages, today=today, command=command_line(options)))
    else:
        found = {
            engine: [measure(engine, rows, today, options) for rows in sizes(options)] for engine in engines
        }
        options.output.write_text(render(found, today=today, command=command_line(options)))
    print(f"Written to {options.output.name}.", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    known.add_argument(
        "--rows", type=int, default=1_000_000, help="Reservations, about (default: %(default)s)."
    )
    known.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    known.add_argument(
        "--quick", action="store_true", help="Few repetitions, one size: a look, not a result."
    )
    known.add_argument(
        "--only", choices=("calendar",), default="", help="Write this part of the report anew."
    )
    known.add_argument("--grow", type=int, default=0, help="Also as many rows, say 5000000 (takes long).")
    known.add_argument("--resources", type=int, default=1000, help=argparse.SUPPRESS)
    known.add_argument("--directory", type=Path, default=ROOT / "var" / "bench", help="For the databases.")
    known.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks.md")
    return known


def sizes(options: argparse.Namespace) -> list[int]:
    """The main size first; the others show how the cost grows."""
    others = [] if options.quick else [options.rows * 3 // 10]
    return [options.rows, *others, *([options.grow] if options.grow else [])]


def measure(engine: str, rows: int, today: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Everything for the main size; only our way for the others."""
    main_size = rows == options.rows
    quick = options.quick
    print(f"{engine}, {rows:,} rows: filling …", file=sys.stderr)
    with database(engine, f"holdfast_bench_{rows}", options.directory) as url:
        day = today.isoformat()
        found = run_step(url, "fill", rows=rows, today=day, resources=options.resources)
        print(f"{engine}, {rows:,} rows: asking …", file=sys.stderr)
        sample = (30 if quick else 400) if main_size else 0
        found |= run_step(url, "ask", today=day, repeat=1 if quick else 7, sample=sample)
        if main_size:
            load = {"count": 12, "processes": 2, "threads": 4}
            load = load if quick else {"count": 1500, "processes": 4, "threads": 64}
            found |= run_step(url, "book", today=day, repeat=2 if quick else 40, **load)
        found |= run_step(url, "version")
    if main_size:
        found |= measure_catalog(engine, today, options) | measure_calendar(engine, today, options)
    return found


def measure_catalog(engine: str, today: Any, options: argparse.Namespace) -> dict[str, Any]:
    """A large venue's configuration, on a database of its own."""
    print(f"{engine}, configuration …", file=sys.stderr)
    size = {"resources": 200, "repeat": 2} if options.quick else {"resources": 5000, "repeat": 15}
    with database(engine, "holdfast_bench_catalog", options.directory) as url:
        return run_step(url, "configuration", today=today.isoformat(), **size)


def measure_calendar(engine: str, today: Any, options: argparse.Namespace) -> dict[str, Any]:
    """The calendar's pages, on a database of their own."""
    print(f"{engine}, calendar …", file=sys.stderr)
    with database(engine, "holdfast_bench_calendar", options.directory) as url:
        return run_step(url, "calendar", today=today.isoformat(), repeat=2 if options.quick else 50)


def command_line(options: argparse.Namespace) -> str:
    """What to type for the same run."""
    given = {
        "--rows": options.rows,
        "--engine": options.engine,
        "--grow": options.grow,
        "--only": options.only,
    }
    parts = [f"{name} {value}" for name, value in given.items() if value != parser().get_default(name[2:])]
    return " ".join(["script/bench", *parts, *(["--quick"] if options.quick else [])])


if __name__ == "__main__":
    main()
