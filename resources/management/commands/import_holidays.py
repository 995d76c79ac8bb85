"""Fills the public holidays that venues close on; run it once a year, or as often as you like."""

from typing import Any

from django.core.management import BaseCommand

from common.clock import now
from common.errors import InvalidInput
from resources.models import Venue
from resources.services import import_holidays

YEARS_AHEAD = 2


class Command(BaseCommand):
    help = "Imports the public holidays of all venues' countries, for this year and the next two."

    def handle(self, *args: Any, **options: Any) -> None:
        this_year = now().year
        years = range(this_year, this_year + YEARS_AHEAD + 1)
        places = Venue.objects.order_by("country", "subdivision").values_list("country", "subdivision")
        for country, subdivision in places.distinct():
            self._import_one(country, subdivision, years)

    def _import_one(self, country: str, subdivision: str, years: range) -> None:
        """One place that the library does not know must not keep the others from theirs."""
        name = f"{country}-{subdivision}" if subdivision else country
        try:
            added = import_holidays(country, subdivision, years)
        except InvalidInput as error:
            self.stderr.write(f"{name}: {error}")
            return
        self.stdout.write(f"{name}: {added} added")
