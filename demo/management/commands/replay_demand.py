from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.core.validators import validate_slug

from common import clock
from demo.demand import UNITS, UnusableDemand, average_rates, move_ahead, parse_units, read_stays
from demo.hotel import build_hotel
from demo.nights import RoomNights, count_room_nights
from demo.replay import ReplayReport, replay_stays
from resources.models import Venue


class Command(BaseCommand):
    help = "Books and cancels every stay of a file as it happened, then counts every night in plain SQL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV of stays; tests/data/README.md describes it.")
        defaults = ",".join(f"{name}={number}" for name, number in UNITS.items())
        parser.add_argument("--units", default="", help=f"Rooms of each type; by default {defaults}.")
        parser.add_argument("--limit", type=int, help="Only the first so many stays.")
        parser.add_argument(
            "--waitlist",
            action="store_true",
            help="Refused customers wait and accept offers; the dates are moved ahead by whole weeks.",
        )
        parser.add_argument("--venue-slug", default="resort", help="The new venue's address in links.")
        parser.add_argument(
            "--again", action="store_true", help="In another new venue, if one of this address exists."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stays = read_stays(options["file"], options["limit"])
            units = parse_units(options["units"], stays)
        except UnusableDemand as error:
            raise CommandError(str(error)) from error
        if options["waitlist"]:
            stays = move_ahead(stays, clock.now().date())
        slug = choose_slug(options["venue_slug"], again=options["again"])
        venue = build_hotel(slug, units, average_rates(stays))
        report = replay_stays(venue, stays, waitlist=options["waitlist"], quiet=options["verbosity"] < 1)
        self.describe(venue, len(stays), report)
        self.prove(count_room_nights(venue))

    def describe(self, venue: Venue, stay_count: int, report: ReplayReport) -> None:
        reasons = ", ".join(f"{code} {count}" for code, count in report.refused.most_common())
        self.stdout.write(
            f"{stay_count} stays at {venue.slug}: {report.accepted} accepted,"
            f" {report.refused.total()} refused{f' ({reasons})' if reasons else ''},"
            f" {report.cancelled} cancelled, {report.no_shows} not come."
        )
        if report.served_later:
            self.stdout.write(f"{report.served_later} of those refused were served later from the waitlist.")
        self.stdout.write(f"{report.seconds:.1f} s, {report.bookings_per_second:.0f} bookings/s.")

    def prove(self, rooms: list[RoomNights]) -> None:
        """Raises ``CommandError`` (exit status 1) if any night has more stays than rooms."""
        for room in rooms:
            self.stdout.write(f"{room.name}: at most {room.peak} of {room.limit} rooms in one night.")
        if overbooked := [f"{room.name} ({room.overbooked})" for room in rooms if room.overbooked]:
            raise CommandError(f"Overbooked nights: {', '.join(overbooked)}.")
        self.stdout.write("No night is overbooked.")


def choose_slug(wanted: str, *, again: bool) -> str:
    """The wanted slug, or with ``again`` the next one that is free. Raises ``CommandError``."""
    try:
        validate_slug(wanted)
    except ValidationError as error:
        raise CommandError(f"--venue-slug: {' '.join(error.messages)}") from error
    taken = set(Venue.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    if wanted not in taken:
        return wanted
    if not again:
        raise CommandError(f"There is a venue {wanted!r} already; --again replays in another new one.")
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{wanted}-{number}") not in taken)
