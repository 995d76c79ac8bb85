"""The last section of the report, written by ``script/bench --against COMMIT`` and else left alone."""

from collections.abc import Iterable
from datetime import date

HEADING = "\n## Beside a former version\n"
INTRODUCTION = """
Both by HTTP from two workers of gunicorn each and one PostgreSQL, in turns, each filled with 50 resources and
two bookings of each a day, all of next month. *CPU* is that of server and database together, the median of
rounds; p50 is the wait, of all requests; *p95* is that of the CPU by its p50, since waits tell of what else
the machine does. *x* is our share of what it took then. Lists bring 50 rows, or
none where a search finds nothing; the API's calendar, once cut at 2,000 bookings, brings all. Measured by
`{command}` on {today}.

"""


def render_comparison(lines: Iterable[str], *, today: date, command: str) -> str:
    introduction = INTRODUCTION.format(command=command, today=today.isoformat())
    return HEADING + introduction + "".join(f"{line}\n" for line in lines)


def comparison_of(report: str) -> str:
    """Empty if none was made."""
    return HEADING + after if (after := report.partition(HEADING)[2]) else ""


def replace_comparison(report: str, section: str) -> str:
    return report.partition(HEADING)[0] + section
