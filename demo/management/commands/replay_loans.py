from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from tqdm import tqdm

from demo.jobs import Job, ReadReport, UnusableLog, read_jobs
from demo.management.commands.replay_demand import choose_slug
from demo.replay_loans import LoansReport, build_thing, middle, nearly_longest, replay_jobs
from lending.enums import QueueRule

EPOCH = datetime(2020, 1, 6, tzinfo=UTC)
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Command(BaseCommand):
    help = (
        "Lends one thing as a log of jobs (Standard Workload Format) asked for it, and compares queue rules."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="A log of the Parallel Workloads Archive, unpacked.")
        parser.add_argument("--rule", choices=QueueRule.values, help="Only this one; else both.")
        parser.add_argument("--units", type=int, default=1, help="So many there are (default: %(default)s).")
        parser.add_argument(
            "--shortest", type=int, default=120, help="Seconds that a job has to run (default: %(default)s)."
        )
        parser.add_argument("--limit", type=int, help="Only the first so many jobs.")
        parser.add_argument("--venue-slug", default="replay", help="The new venues' address in links.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["units"] < 1 or options["shortest"] < 0 or (options["limit"] or 1) < 1:
            raise CommandError("--units and --limit are 1 or more, --shortest is 0 or more.")
        rules = [options["rule"]] if options["rule"] else list(QueueRule.values)
        reports = [self.replay(QueueRule(rule), options) for rule in rules]
        for report in reports:
            self.describe(report)
        self.prove(reports)

    def replay(self, rule: QueueRule, options: dict[str, Any]) -> LoansReport:
        read = ReadReport()
        jobs: Iterable[Job] = read_jobs(options["file"], read, shortest=options["shortest"])
        jobs = islice(jobs, options["limit"])
        quiet = options["verbosity"] < 1
        try:
            first = next(iter(jobs), None)
            if first is None:
                raise UnusableLog(f"{options['file'].name} contains no job that could be lent.")
            slug = choose_slug(f"{options['venue_slug']}-{rule}", again=True)
            thing = build_thing(slug, rule, options["units"])
            rows = tqdm(_chain(first, jobs), unit="job", leave=False, disable=quiet or None)
            report = replay_jobs(thing, rows, began_at=find_beginning(read), rule=rule)
        except UnusableLog as error:
            raise CommandError(str(error)) from error
        self.describe_file(read)
        return report

    def describe_file(self, read: ReadReport) -> None:
        for reason, number in read.left_out.most_common():
            self.stderr.write(f"Left out: {number} lines, {reason}.")
        for example in read.examples:
            self.stderr.write(f"  {example}")

    def describe(self, report: LoansReport) -> None:
        pace = report.lent / report.seconds if report.seconds else 0
        self.stdout.write(
            f"{report.rule}: {report.lent} loans to {len(report.waits)} people ({report.held_back} asked for"
            f" later), {report.overlaps} overlaps, {report.stuck} stuck; {pace:.0f} a second."
        )
        for name, busiest in (("the five busiest", True), ("everybody else", False)):
            waits = report.waits_of(busiest=busiest)
            self.stdout.write(
                f"  {name}: median wait {middle(waits) / 60:.0f} min, 95 of 100 within"
                f" {nearly_longest(waits) / 60:.0f} min"
            )
        self.stdout.write(f"  the five busiest have had {report.share:.0%} of the time")

    def prove(self, reports: list[LoansReport]) -> None:
        """Raises ``CommandError`` (exit status 1) if anything was had twice, or anybody stuck."""
        if any(report.overlaps or report.stuck for report in reports):
            raise CommandError("Something was lent twice, or somebody waited while it was free.")


def _chain(first: Job, rest: Iterable[Job]) -> Iterable[Job]:
    yield first
    yield from rest


def find_beginning(read: ReadReport) -> datetime:
    """The log's own, where its header says it."""
    text = read.header.get("UnixStartTime", "").split(maxsplit=1)
    if not text or not text[0].isdecimal() or len(text[0]) > 11:
        return EPOCH
    began_at = datetime.fromtimestamp(int(text[0]), UTC)
    return began_at if EARLIEST < began_at < LATEST else EPOCH
