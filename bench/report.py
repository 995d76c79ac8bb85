from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

Measured = Mapping[str, Any]

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
# How many times faster than query-per-slot the five questions are meant to be.
GOALS = (100, 1000, 500, 200, 100)

INTRODUCTION = """# Benchmarks

Written by `{command}` on {today}. Machines differ and are noisy; ratios within one run are the result.
Of the times of a request, medians are given.

{databases}.
A venue with {resources:,} resources that are open twelve hours a day, one in twenty of them booked back
to back for weeks, one in ten a pool of twelve units. Bookings reach two months ahead; the rest is history.
"""
QUESTIONS = """
## The engine's five questions

*Ours* is the work of a request, from the look at the configuration stamp to the answer. *Rows* fetches the
rows that the answer depends on, with the same SQL, and does nothing with them.

*Per slot* asks the database about each slot: one ORM query over reservations by resource, status and times,
as most applications do it. *Indexed* is how much faster we are than one query per slot on our own occupancy
table, where an index holds everything that is asked: the best that one query per slot can be. An application
that keeps one resource in each reservation, and so needs no join, lies in between. Both leave out buffers,
notice, units and reasons. Of long lists of slots an even sample was asked, and its average taken for all.
"""
GROWTH = """
## Growth

Our time with more history behind the same calendar, relative to the fewest rows: cost follows the rows *in
the window*. The best of all repetitions is compared, since the sizes are measured minutes apart.
"""
BOOKINGS = """
## Bookings

Through the ordinary service, by several processes or threads at once: rules, price, lock, check, guard, event
and a durable commit. *One hot resource*: all wait for the same row. *Longest*: the wait of the unluckiest, in
medians; the fairer the queue, the lower.
"""
LONG_SPANS = """
## Long spans

A pool of twelve with some 800 bookings in 400 days, and two like it: one that a row of a
year takes a unit of, and one where such a row was deleted. In turns; bookings as above, by one process.
"""
BATCHES = """
## Many at once

Cancelling a hundred bookings, in turns, each time committed.
"""
WAITING = """
## A long waitlist

Cancelling by the API where workers make the offers, with nobody waiting at the venue and with a whole queue
for that room and day; what a worker then does; the waitlist's jobs of a tick; lifting a closure for which all
of them wait. Averages; CPU is that of both processes, ours and the database's. *Log*: what PostgreSQL writes
to its write-ahead log. Measured by `{command}` on {today}.
"""
LENDING = """
## Lending

Written by `{command}` on {today}. Medians of CPU, ours and the database's, in turns with what each is
compared with, both by the customer concerned. What is released was kept for an hour; *to the next in line*
books it for them in the same transaction. All clients ask for one thing, and give it back or leave its queue,
or book one room twice, in rounds: medians of what was done in a second, and of each round's ratio.
"""
CLASSES = """
## Classes

Written by `{command}` on {today}. Medians of CPU, ours and the database's, in turns with what each
is compared with. Whoever books, and who teaches, is written to; everybody comes as in a request of their own.
*One by one*: the seats of another session, cancelled by staff. *With a few* and *without* were measured
minutes before: each by ordinary bookings, or by the bare rows of the venue's resources, in turns with it. In
the rush everybody tries once: every seat is sold, none twice, and the others hear that it is full.
"""
LISTS = """
## Long lists

Of a superuser, in whole requests through all middleware, with 10,000 rows and with more: average CPU of both
processes, ours and the database's. The API is asked for 50 rows, the admin shows 100. Names are
those of one booking each, addresses come again after 50,000.
"""
REQUESTS = """
## Requests

Whole requests of a signed-in superuser through all middleware, without a network. *A row*: what one row of a
full page costs, in calls that find none.
"""
CATALOG = """
## Configuration

What a process that has never seen a venue of {resources:,} resources needs to know it (*cold*), to look
whether it has changed (*warm*), and to know it again after somebody changed one resource (*one*). *Rows* is
the bare fetch of the resources' own rows.
"""
CALENDAR = """
## Calendar pages

Pages for staff, who see every booking: {rows:,} of them in one month of 50 resources. Whole requests through
all middleware; *bare* is the empty calendar of a visitor of another venue, what any page costs. Measured by
`{command}` on {today}.
"""


def render_report(measurements: Mapping[str, Sequence[Measured]], *, today: date, command: str) -> str:
    """``measurements``: engine -> measurements, the main size first."""
    main = {engine: runs[0] for engine, runs in measurements.items()}
    databases = " and ".join(
        f"{NAMES[engine]} {run['version']} with {run['rows']:,} reservations" for engine, run in main.items()
    )
    resources = next(iter(main.values()))["resources"]
    parts = [
        INTRODUCTION.format(
            command=command, today=today.isoformat(), databases=databases, resources=resources
        )
    ]
    parts += [QUESTIONS, *(_questions(NAMES[engine], run) for engine, run in main.items())]
    if any(len(runs) > 1 for runs in measurements.values()):
        parts += [GROWTH, *(_growth(NAMES[engine], runs) for engine, runs in measurements.items())]
    parts += [
        BOOKINGS,
        _bookings(main),
        _long_spans(main),
        _batches(main),
        _waiting(main, today, command),
        _lending(main, today, command),
        _classes(main, today, command),
        *([LISTS] if all("short_lists" in run for run in main.values()) else []),
        *(_lists(NAMES[engine], runs) for engine, runs in measurements.items()),
        _requests(main),
        _catalog(main),
        _calendar(main, today, command),
        _memory(main),
    ]
    return "".join(parts)


def _questions(name: str, run: Measured) -> str:
    rows = [
        (
            question["name"],
            _ms(question["ours"]),
            _ms(question["raw"]),
            f"{question['slots']:,}",
            _ms(question["by_reservations"]),
            f"**{question['by_reservations'] / question['ours']:,.0f} x**",
            f"{goal} x",
            f"{question['by_occupancy'] / question['ours']:,.0f} x",
        )
        for question, goal in zip(run["questions"], GOALS, strict=True)
    ]
    heads = (f"{name}, ms", "ours", "rows", "slots", "per slot", "faster", "goal", "indexed")
    return f"\n{_table(heads, rows)}"


def _growth(name: str, runs: Sequence[Measured]) -> str:
    ordered = sorted(runs, key=lambda run: int(run["rows"]))
    least = ordered[0]["questions"]
    rows = [
        (
            question["name"],
            _ms(question["best"]),
            *(f"x {run['questions'][number]['best'] / question['best']:.2f}" for run in ordered[1:]),
        )
        for number, question in enumerate(least)
    ]
    heads = (f"{name}", *(f"{run['rows']:,} rows{', ms' if run is ordered[0] else ''}" for run in ordered))
    return f"\n{_table(heads, rows)}"


def _bookings(main: Mapping[str, Measured]) -> str:
    rows = [
        (
            NAMES[engine],
            pace["name"],
            pace["workers"],
            f"{pace['per_second']:,.0f}",
            _ms(pace["p50"]),
            _ms(pace["p95"]),
            f"x {pace['longest'] / pace['p50']:.1f}",
        )
        for engine, run in main.items()
        for pace in run["bookings"]
    ]
    heads = ("engine", "bookings", "by", "per second", "p50 ms", "p95 ms", "longest / p50")
    return f"\n{_table(heads, rows)}"


def _requests(main: Mapping[str, Measured]) -> str:
    rows = [
        (
            NAMES[engine],
            latency["name"],
            str(latency["queries"]),
            _ms(latency["p50"]),
            _ms(latency["p95"]),
            f"x {latency['row']:.3f}" if latency["row"] else "",
        )
        for engine, run in main.items()
        for latency in run["requests"]
        if latency["status"] == 200
    ]
    heads = ("engine", "request", "queries", "p50 ms", "p95 ms", "a row")
    return f"{REQUESTS}\n{_table(heads, rows)}" if rows else ""


def _long_spans(main: Mapping[str, Measured]) -> str:
    rows = [
        (
            NAMES[engine],
            cost["name"],
            _ms(cost["day"]),
            f"x {cost['day'] / run['long_spans'][0]['day']:.2f}",
            _ms(cost["booking"]),
            f"x {cost['booking'] / run['long_spans'][0]['booking']:.2f}",
        )
        for engine, run in main.items()
        for cost in run["long_spans"]
    ]
    heads = ("engine", "pool", "slots of a day, ms", "of without", "booking, ms", "of without")
    return f"{LONG_SPANS}\n{_table(heads, rows)}"


def _batches(main: Mapping[str, Measured]) -> str:
    rows = [
        (
            NAMES[engine],
            cost["name"],
            str(cost["statements"]),
            _ms(cost["seconds"]),
            f"x {cost['seconds'] / run['batches'][0]['seconds']:.2f}",
        )
        for engine, run in main.items()
        for cost in run["batches"]
    ]
    heads = ("engine", "cancelled", "statements", "ms", "of one by one")
    return f"{BATCHES}\n{_table(heads, rows)}"


def _waiting(main: Mapping[str, Measured], today: date, command: str) -> str:
    rows = [
        (
            NAMES[engine],
            cost["name"],
            f"{cost['statements']:,.0f}",
            f"{cost['writes']:,.0f}",
            _ms(cost["cpu"]),
            f"x {cost['cpu'] / run['waiting'][0]['cpu']:.2f}",
            _ms(cost["seconds"]),
            f"{cost['log'] / 1000:,.1f}" if cost["log"] else "",
        )
        for engine, run in main.items()
        for cost in run["waiting"]
    ]
    heads = ("engine", "what", "statements", "writes", "CPU ms", "of the first", "ms", "log KB")
    intro = WAITING.format(command=command, today=today.isoformat())
    return f"{intro}\n{_table(heads, rows)}"


def _lending(main: Mapping[str, Measured], today: date, command: str) -> str:
    return _product("lending", LENDING, main, today, command)


def _classes(main: Mapping[str, Measured], today: date, command: str) -> str:
    return _product("classes", CLASSES, main, today, command)


def _product(name: str, intro: str, main: Mapping[str, Measured], today: date, command: str) -> str:
    rows = [
        (
            NAMES[engine],
            cost["name"],
            f"{cost['statements']:,.0f}" if cost["statements"] else "",
            f"{cost['value']:,.0f}" if cost["value"] > 1 else _ms(cost["value"]),
            f"x {cost['ratio']:.2f} of {cost['against']}",
            cost["goal"],
        )
        for engine, run in main.items()
        for cost in run.get(name, ())
    ]
    heads = ("engine", "what", "statements", "CPU ms", "compared", "goal")
    text = intro.format(command=command, today=today.isoformat())
    return f"{text}\n{_table(heads, rows)}"


def _lists(name: str, runs: Sequence[Measured]) -> str:
    few = runs[0].get("short_lists", ())
    ordered = sorted(runs, key=lambda run: int(run["rows"]))
    rows = [
        (
            cost["name"],
            f"{cost['statements']:,.0f}",
            _ms(cost["cpu"]),
            *(f"x {run['lists'][number]['cpu'] / cost['cpu']:.2f}" for run in ordered),
        )
        for number, cost in enumerate(few)
    ]
    heads = (name, "statements", "CPU ms", *(f"{run['rows']:,} rows" for run in ordered))
    return f"\n{_table(heads, rows)}" if rows else ""


def _catalog(main: Mapping[str, Measured]) -> str:
    costs = {engine: run["catalog"] for engine, run in main.items()}
    rows = [
        (NAMES[engine], _ms(cost["rows"]), _ms(cost["cold"]), _ms(cost["warm"]), _ms(cost["one"]))
        for engine, cost in costs.items()
    ]
    intro = CATALOG.format(resources=next(iter(costs.values()))["resources"])
    return f"{intro}\n{_table(('engine, ms', 'rows', 'cold', 'warm', 'one'), rows)}"


def _calendar(main: Mapping[str, Measured], today: date, command: str) -> str:
    rows = [
        (
            NAMES[engine],
            page["name"],
            str(page["queries"]),
            _ms(page["p50"]),
            _ms(page["p95"]),
            f"x {page['p95'] / run['calendar']['pages'][0]['p95']:.1f}",
            f"{page['bytes'] / 1000:,.0f}",
            f"{page['zipped'] / 1000:,.0f}",
        )
        for engine, run in main.items()
        for page in run["calendar"]["pages"]
    ]
    count = next(iter(main.values()))["calendar"]["rows"]
    heads = ("engine", "page", "queries", "p50 ms", "p95 ms", "p95 / bare", "KB", "KB gzip")
    intro = CALENDAR.format(rows=count, command=command, today=today.isoformat())
    return f"{intro}\n{_table(heads, rows)}"


def replace_part(
    text: str, part: str, measurements: Mapping[str, Measured], *, today: date, command: str
) -> str:
    """Its section ends where the next one begins; everything else of the report is kept.

    A new one comes before the last of those that are always there.
    """
    section = PARTS[part](measurements, today, command)
    heading = section.splitlines(keepends=True)[1]
    if heading in text:
        before, _heading, after = text.partition(heading)
        _old, mark, rest = after.partition("\n## ")
    else:
        before, mark, after = text.partition("\n## Memory")
        mark, rest = "\n## ", f"Memory{after}"
    return before.rstrip("\n") + "\n" + section + mark + rest


PARTS = {"calendar": _calendar, "waiting": _waiting, "lending": _lending, "classes": _classes}


def _memory(main: Mapping[str, Measured]) -> str:
    intro = ["", "## Memory", "", "One process with the catalog and the engine's caches.", ""]
    rows = [
        f"- {NAMES[engine]}: {run['memory']['started']:.0f} MB when started,"
        f" at most {run['memory']['after']:.0f} MB after all five questions."
        for engine, run in main.items()
    ]
    return "\n".join([*intro, *rows, ""])


def _ms(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(heads) - 1)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, rule, *rows))
