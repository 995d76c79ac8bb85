from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db.models import Count, Max, Min

from common import clock
from reservations.domain.archiving import ArchiveFailed
from reservations.services import list_over, list_removable, make_rule, remove_history
from reservations.services.removing import MOST_MONTHS, RetentionRule
from resources.models import Venue


class Command(BaseCommand):
    help = "Removes bookings that were over long ago, with history and messages. Safe to stop and repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--months", type=int, required=True, help="What ended before so many months goes."
        )
        parser.add_argument(
            "--paid-months", type=int, default=0, help="The same of what was paid for; without, it stays."
        )
        parser.add_argument("--venue", action="append", metavar="SLUG", help="Only there; may be repeated.")
        parser.add_argument("--archive", type=Path, metavar="FOLDER", help="Keep what is removed as files.")
        parser.add_argument("--dry-run", action="store_true", help="Show what would go; change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["months"] <= MOST_MONTHS:
            raise CommandError(f"--months must be 1 to {MOST_MONTHS}.")
        if not 0 <= options["paid_months"] <= MOST_MONTHS:
            raise CommandError(f"--paid-months must be 0 to {MOST_MONTHS}.")
        for venue in self._find_venues(options["venue"]):
            rule = make_rule(
                venue,
                months=options["months"],
                paid_months=options["paid_months"],
                archive=options["archive"],
                now=clock.now(),
            )
            self._announce(rule) if options["dry_run"] else self._remove(rule)

    def _find_venues(self, slugs: list[str] | None) -> list[Venue]:
        if not slugs:
            return list(Venue.objects.order_by("slug"))
        venues = {venue.slug: venue for venue in Venue.objects.filter(slug__in=slugs)}
        if unknown := sorted(set(slugs) - set(venues)):
            raise CommandError(f"There is no venue {', '.join(unknown)}.")
        return list(venues.values())

    def _announce(self, rule: RetentionRule) -> None:
        rows = list_removable(rule).order_by()
        going = rows.aggregate(number=Count("pk"), first=Min("starts_at"), last=Max("starts_at"))
        span = f" ({going['first']:%Y-%m-%d} to {going['last']:%Y-%m-%d})" if going["number"] else ""
        staying = list_over(rule).count() - going["number"]
        self.stdout.write(
            f"{rule.venue.slug}: of what ended before {rule.before:%Y-%m-%d} {going['number']} bookings{span}"
            f" would be removed, {staying} stay."
        )

    def _remove(self, rule: RetentionRule) -> None:
        try:
            number = remove_history(rule, now=clock.now())
        except ArchiveFailed as error:
            raise CommandError(f"{rule.venue.slug}: {error}") from error
        self.stdout.write(
            f"{rule.venue.slug}: removed {number} bookings that ended before {rule.before:%Y-%m-%d}."
        )
