"""Logs of batch systems in the Standard Workload Format: who asked for how much, when, and for how long.

https://www.cs.huji.ac.il/labs/parallel/workload/swf.html: a line for each job, 18 numbers, -1 for unknown;
what begins with a semicolon is a comment, of which some say ``Name: value``.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

NUMBER, SUBMITTED, _WAITED, RAN, *_MORE = range(18)
USER = 11
FIELDS = 18
MOST_EXAMPLES = 5
LONGEST_LINE = 2000


class UnusableLog(ValueError):
    """Nothing in the file can be replayed; the text says why."""


class Job(NamedTuple):
    """Seconds since the log began, and of running."""

    number: int
    submitted: int
    ran: int
    user: int


@dataclass(slots=True)
class ReadReport:
    """What was read so far, and what was left out, with the first lines of it."""

    read: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    header: dict[str, str] = field(default_factory=dict)

    def leave_out(self, line: int, reason: str, *, is_broken: bool) -> None:
        self.left_out[reason] += 1
        if is_broken and len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"line {line}: {reason}")


def read_jobs(path: Path, report: ReadReport, *, shortest: int = 0) -> Iterator[Job]:
    """One after the other, whatever the file's length; broken lines are counted and left out.

    ``shortest``: seconds that a job has to run. Raises ``UnusableLog`` where the file cannot be read.
    """
    latest = 0
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line, text in enumerate(file, start=1):
                if text.lstrip().startswith(";"):
                    _note_header(text, report.header)
                elif text.strip() and (job := _read_job(text, line, report, shortest)):
                    if job.submitted < latest:
                        report.leave_out(line, "submitted before the line above", is_broken=True)
                        continue
                    latest = job.submitted
                    report.read += 1
                    yield job
    except OSError as error:
        raise UnusableLog(f"{path.name} can't be read: {error}") from error


def _note_header(text: str, header: dict[str, str]) -> None:
    name, colon, value = text.lstrip("; \t").partition(":")
    if colon and len(name) <= 40:
        header.setdefault(name.strip(), value.strip())


def _read_job(text: str, line: int, report: ReadReport, shortest: int) -> Job | None:
    fields = text[:LONGEST_LINE].split()
    if len(fields) != FIELDS:
        report.leave_out(line, f"not {FIELDS} numbers", is_broken=True)
        return None
    try:
        numbers = [int(float(each)) for each in fields]
    except (ValueError, OverflowError):
        report.leave_out(line, "not a number", is_broken=True)
        return None
    job = Job(numbers[NUMBER], numbers[SUBMITTED], numbers[RAN], numbers[USER])
    if job.submitted < 0 or job.user < 0 or job.ran < 0:
        report.leave_out(line, "user, time or length unknown", is_broken=False)
        return None
    if job.ran < shortest:
        report.leave_out(line, "too short", is_broken=False)
        return None
    return job
