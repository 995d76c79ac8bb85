"""This version beside a former one, over HTTP with production servers: ``script/bench --against COMMIT``,
``python -m bench.compare --help``.

Each version has a work tree, an environment and a database of its own on one PostgreSQL server, and fills it
with its own ``bench.calendar``. Both are asked the same in turns, so that what else the machine does disturbs
both alike.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.engines import ROOT, make_database_on, start_server
from bench.served import Server, Version, cpu_seconds, running_seconds, serve
from bench.statistics import percentile
from bench.wishes import Wish, WishMakers, filled_day, make_wishes

CLIENTS = 16
# Both versions' ``bench.calendar``, with the same bookings: two of each resource on each day of a month.
FILL = """
import django
django.setup()
from bench import calendar, stage

def make_month(world, *_):
    for day in calendar.around("month", world.today).all:
        for index in range(calendar.RESOURCES):
            for turn in range(2):
                start = calendar.opening_minute(day) + turn * calendar.GAP
                yield index, start, start + 60, start + 75

calendar._month = calendar._generate_month = make_month
stage.calendar(today="{day}", repeat=1)
"""


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of the processors a request, server and database together; those of each, and its wait."""

    cpu: float
    each: Sequence[float]
    waits: Sequence[float]
    bytes: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds a request: of the processors, and in all; p95 of the processors' seconds by their p50."""

    cpu: float
    p50: float
    spread: float
    bytes: float


@dataclass(frozen=True, slots=True)
class Rival:
    server: Server
    wishes: WishMakers


def main(arguments: Sequence[str] | None = None) -> list[str]:
    """Prints the lines that it returns."""
    options = _make_parser().parse_args(arguments)
    directory: Path = options.directory
    directory.mkdir(parents=True, exist_ok=True)
    trees = {"then": _check_out(options.commit, directory), "now": ROOT}
    with ExitStack() as stack:
        database_server = stack.enter_context(start_server("", directory / "postgresql"))
        postmaster = int((directory / "postgresql" / "postmaster.pid").read_text().split()[0])
        rivals = {}
        for name, tree in trees.items():
            url = stack.enter_context(make_database_on(database_server, f"holdfast_bench_{name}"))
            rivals[name] = stack.enter_context(_start(Version(tree, tree / ".venv" / "bin" / "python", url)))
        lines = []
        for line in _compare(rivals, postmaster, options):
            print(line, flush=True)
            lines.append(line)
        return lines


@contextmanager
def _start(version: Version) -> Iterator[Rival]:
    if (version.tree / "bench" / "compare.py").exists():  # former versions migrate as they fill
        version.run("-m", "bench.stage", '{"step": "migrate"}')
    version.run("manage.py", "collectstatic", "--noinput")
    version.run("-c", FILL.format(day=filled_day()))
    with serve(version) as server:
        yield Rival(server, make_wishes(server))


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.compare", description=__doc__)
    parser.add_argument("commit", help="The former version.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=20, help="In each round.")
    parser.add_argument("--only", default="", help="Those whose names have this in them.")
    parser.add_argument("--directory", type=Path, default=ROOT / "var" / "bench")
    return parser


def _check_out(commit: str, directory: Path) -> Path:
    """Its work tree, with an environment of what it needs."""
    tree = directory / commit
    if not tree.exists():
        _run("git", "-C", str(ROOT), "worktree", "add", "--detach", str(tree), commit)
    if not (tree / ".venv").exists():
        _run(sys.executable, "-m", "venv", str(tree / ".venv"))
        pip = str(tree / ".venv" / "bin" / "pip")
        _run(pip, "install", "--quiet", "--require-hashes", "-r", str(tree / "requirements.txt"))
    return tree


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _compare(rivals: dict[str, Rival], postmaster: int, options: argparse.Namespace) -> Iterator[str]:
    """Lines of a table: milliseconds of CPU and of waiting then and now, and now's share of then's."""
    yield "| request | CPU then, ms | now | x | p50 then, ms | now | x | p95 | kB then | now |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name in next(iter(rivals.values())).wishes:
        if options.only in name:
            costs = _measure_in_turns(rivals, name, postmaster, options)
            yield render_line(name, *map(summarise, costs))
    then, now = map(median, _race_in_turns(rivals, options))
    yield f"\n{CLIENTS} clients: {then:.0f} bookings a second then, {now:.0f} now: {now / then:.2f} x"


def _measure_in_turns(
    rivals: dict[str, Rival], name: str, postmaster: int, options: argparse.Namespace
) -> list[list[Round]]:
    rounds: list[list[Round]] = [[] for _ in rivals]
    for round_number in range(options.rounds + 1):
        for rival, measured in zip(rivals.values(), rounds, strict=True):
            measured_round = _measure(rival, name, options.requests, postmaster)
            if round_number:  # the first warms the caches of all workers
                measured.append(measured_round)
    return rounds


def _race_in_turns(rivals: dict[str, Rival], options: argparse.Namespace) -> list[list[float]]:
    paces: list[list[float]] = [[] for _ in rivals]
    for _ in range(options.rounds):
        for rival, reached in zip(rivals.values(), paces, strict=True):
            reached.append(_book_at_once(rival, options.requests * CLIENTS))
    return paces


def _measure(rival: Rival, name: str, count: int, postmaster: int) -> Round:
    wishes = [rival.wishes[name]() for _ in range(count)]
    waits, each, size = [], [], 0
    processes = (rival.server.pid, postmaster)
    before = sum(map(cpu_seconds, processes))
    for wish in wishes:
        began, run_before = perf_counter(), sum(map(running_seconds, processes))
        size = wish.send()
        waits.append(perf_counter() - began)
        each.append(sum(map(running_seconds, processes)) - run_before)
    used = sum(map(cpu_seconds, processes)) - before
    return Round(used / count, each, waits, size)


def summarise(rounds: Sequence[Round]) -> Cost:
    waits = sorted(chain.from_iterable(one.waits for one in rounds))
    each = sorted(chain.from_iterable(one.each for one in rounds))
    cpu, size = (median(getattr(one, name) for one in rounds) for name in ("cpu", "bytes"))
    return Cost(cpu, percentile(waits, 50), percentile(each, 95) / percentile(each, 50), size)


def render_line(name: str, then: Cost, now: Cost) -> str:
    times = ((then.cpu, now.cpu), (then.p50, now.p50))
    cells = [f"{1000 * a:.1f} | {1000 * b:.1f} | **{b / a:.2f}**" for a, b in times if a]
    return " | ".join(
        [
            f"| {name}",
            *cells,
            f"{now.spread:.2f}",
            f"{then.bytes / 1000:.0f} | {now.bytes / 1000:.0f} |",
        ]
    )


def _book_at_once(rival: Rival, count: int) -> float:
    """Bookings a second of many clients."""
    wishes = [rival.wishes["booking"]() for _ in range(count)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        began = perf_counter()
        list(clients.map(Wish.send, wishes))
        return count / (perf_counter() - began)


if __name__ == "__main__":
    main()
