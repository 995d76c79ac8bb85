"""Does what is due by itself; run it once a minute."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from common import clock
from common.ticking import run_parts


class Command(BaseCommand):
    help = "Ends holds, offers and unpaid requests, frees no-shows, settles payments. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        done, failed = run_parts(clock.now())
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in done.items()))
        if failed:
            raise CommandError(f"{failed} parts failed; the log says why.")
