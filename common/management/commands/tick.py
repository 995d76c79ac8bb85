from typing import Any

from django.core.management import BaseCommand, CommandError

from common import clock
from common.periodic import run_all_jobs


class Command(BaseCommand):
    help = "Runs every periodic job once: for installations without workers. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        report = run_all_jobs(clock.now())
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in report.done.items() if count))
        if report.waiting:
            self.stdout.write(f"Rows that failed and are tried again later: {report.waiting}")
        if report.failed:
            raise CommandError(f"Failed: {', '.join(report.failed)}. The log says why.")
