"""Measures the engine, the bookings and the API, and writes docs/benchmarks.md: ``script/bench --help``."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import compare
from bench.beside import comparison_of, render_comparison, replace_comparison
from bench.engines import ENGINES, ROOT, NewDatabase, open_engine, run_step
from bench.report import PARTS, render_report, replace_part


def main(arguments: Sequence[str] | None = None) -> None:
    options = make_parser().parse_args(arguments)
    today = datetime.now(tz=UTC).date()
    written = options.output.read_text() if options.output.exists() else ""
    if options.against:
        lines = compare.main([options.against, "--directory", str(options.directory)])
        section = render_comparison(lines, today=today, command=f"script/bench --against {options.against}")
        options.output.write_text(replace_comparison(written, section))
        return
    engines = ENGINES if options.engine == "both" else (options.engine,)
    if options.only:
        part = {engine: measure_part(engine, today, options) for engine in engines}
        options.output.write_text(
            replace_part(written, options.only, part, today=today, command=command_line(options))
        )
    else:
        results = {engine: measure_engine(engine, today, options) for engine in engines}
        report = render_report(results, today=today, command=command_line(options))
        options.output.write_text(replace_comparison(report, comparison_of(written)))
    print(f"Written to {options.output.name}.", file=sys.stderr)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="Reservations, about (default: %(default)s)."
    )
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    parser.add_argument(
        "--quick", action="store_true", help="Few repetitions, one size: a look, not a result."
    )
    parser.add_argument(
        "--only", choices=tuple(PARTS), default="", help="Write this part of the report anew."
    )
    parser.add_argument(
        "--against", metavar="COMMIT", help="Instead: this version beside a former one, over HTTP."
    )
    parser.add_argument("--grow", type=int, default=0, help="Also as many rows, say 5000000 (takes long).")
    parser.add_argument("--resources", type=int, default=1000, help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, default=ROOT / "var" / "bench", help="For the databases.")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks.md")
    return parser


FEWEST = 10_000
"""So many rows are what longer lists are compared with."""


def list_sizes(options: argparse.Namespace) -> list[int]:
    # The main size first; the others show how the cost grows.
    others = [] if options.quick else [options.rows * 3 // 10]
    return [options.rows, *others, *([options.grow] if options.grow else [])]


def measure_engine(engine: str, today: Any, options: argparse.Namespace) -> list[dict[str, Any]]:
    with open_engine(engine, options.directory) as new_database:
        runs = [measure_size(new_database, engine, rows, today, options) for rows in list_sizes(options)]
        runs[0]["short_lists"] = measure_short_lists(new_database, engine, today, options)
        return runs


def measure_short_lists(
    new_database: NewDatabase, engine: str, today: Any, options: argparse.Namespace
) -> list[dict[str, Any]]:
    rows = min(FEWEST, options.rows)
    print(f"{engine}, lists of {rows:,} …", file=sys.stderr)
    with new_database("holdfast_bench_lists") as url:
        run_step(url, "fill", rows=rows, today=today.isoformat(), resources=min(options.resources, 100))
        costs: list[dict[str, Any]] = run_step(url, "lists", repeat=2 if options.quick else 20)["lists"]
        return costs


def measure_size(
    new_database: NewDatabase, engine: str, rows: int, today: Any, options: argparse.Namespace
) -> dict[str, Any]:
    # Everything for the main size; only our way for the others.
    main_size = rows == options.rows
    quick = options.quick
    print(f"{engine}, {rows:,} rows: filling …", file=sys.stderr)
    with new_database(f"holdfast_bench_{rows}") as url:
        day = today.isoformat()
        results = run_step(url, "fill", rows=rows, today=day, resources=options.resources)
        print(f"{engine}, {rows:,} rows: asking …", file=sys.stderr)
        sample = (30 if quick else 400) if main_size else 0
        results |= run_step(url, "ask", today=day, repeat=1 if quick else 7, sample=sample)
        if main_size:
            load = {"count": 12, "processes": 2, "threads": 4}
            load = load if quick else {"count": 1500, "processes": 4, "threads": 64}
            results |= run_step(url, "book", today=day, repeat=2 if quick else 40, **load)
        results |= run_step(url, "lists", repeat=2 if quick else 20)
        results |= run_step(url, "version")
    if main_size:
        for run in (run_catalog_step, run_calendar_step, run_core_steps):
            results |= run(new_database, engine, today, options)
    return results


def run_catalog_step(
    new_database: NewDatabase, engine: str, today: Any, options: argparse.Namespace
) -> dict[str, Any]:
    print(f"{engine}, configuration …", file=sys.stderr)
    size = {"resources": 200, "repeat": 2} if options.quick else {"resources": 5000, "repeat": 15}
    with new_database("holdfast_bench_catalog") as url:
        return run_step(url, "configuration", today=today.isoformat(), **size)


def measure_part(engine: str, today: Any, options: argparse.Namespace) -> dict[str, Any]:
    with open_engine(engine, options.directory) as new_database:
        if options.only == "calendar":
            return run_calendar_step(new_database, engine, today, options)
        return run_core_steps(new_database, engine, today, options, only=options.only)


def run_calendar_step(
    new_database: NewDatabase, engine: str, today: Any, options: argparse.Namespace
) -> dict[str, Any]:
    # On a database of its own, as for the configuration: neither may see the others' rows.
    print(f"{engine}, calendar …", file=sys.stderr)
    with new_database("holdfast_bench_calendar") as url:
        size = {"repeat": 2, "bookings": 500} if options.quick else {"repeat": 50, "bookings": 5000}
        return run_step(url, "calendar", today=today.isoformat(), **size)


def run_core_steps(
    new_database: NewDatabase, engine: str, today: Any, options: argparse.Namespace, *, only: str = ""
) -> dict[str, Any]:
    quick = options.quick
    steps: dict[str, dict[str, int]] = {
        "long_spans": {"repeat": 2 if quick else 100},
        "batches": {"repeat": 1, "size": 10} if quick else {"repeat": 7, "size": 100},
        "waiting": {"repeat": 2, "people": 40} if quick else {"repeat": 10, "people": 10_000},
        "lending": {"repeat": 2, "people": 30, "clients": 4, "past": 100, "things": 20}
        if quick
        else {"repeat": 50, "people": 1000, "clients": 32, "past": 20_000, "things": 500},
        "classes": {"repeat": 2, "people": 12, "clients": 4, "sessions": 400}
        if quick
        else {"repeat": 50, "people": 100, "clients": 64, "sessions": 20_000},
    }
    results: dict[str, Any] = {}
    for step, size in steps.items():
        if only not in ("", step):
            continue
        print(f"{engine}, {step.replace('_', ' ')} …", file=sys.stderr)
        with new_database(f"holdfast_bench_{step}") as url:
            results |= run_step(url, step, today=today.isoformat(), **size)
    return results


def command_line(options: argparse.Namespace) -> str:
    options_given = {
        "--rows": options.rows,
        "--engine": options.engine,
        "--grow": options.grow,
        "--only": options.only,
    }
    parts = [
        f"{name} {value}"
        for name, value in options_given.items()
        if value != make_parser().get_default(name[2:])
    ]
    return " ".join(["script/bench", *parts, *(["--quick"] if options.quick else [])])


if __name__ == "__main__":
    main()
