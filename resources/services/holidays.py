from collections.abc import Iterable
from datetime import date

import holidays
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput
from resources.models import Holiday, Venue
from resources.stamps import touch


def import_holidays(country: str, subdivision: str, years: Iterable[int]) -> int:
    """Add the missing public holidays; returns how many. Raises ``InvalidInput`` for unknown places."""
    try:
        names_by_day = holidays.country_holidays(country, subdiv=subdivision or None, years=list(years))
    except NotImplementedError as error:
        raise InvalidInput(_("No public holidays are known for this country or region.")) from error
    return _add_missing(country, subdivision, dict(names_by_day.items()))


@transaction.atomic
def _add_missing(country: str, subdivision: str, names: dict[date, str]) -> int:
    present = Holiday.objects.filter(country=country, subdivision=subdivision, date__in=names.keys())
    missing = names.keys() - set(present.values_list("date", flat=True))
    rows = [
        Holiday(country=country, subdivision=subdivision, date=day, name=names[day][:200]) for day in missing
    ]
    # Another import may run at the same time: its rows are as good as these.
    Holiday.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        # Bulk writing sends no signals of single rows.
        touch(list(Venue.objects.filter(country=country).values_list("pk", flat=True)), {"venue"})
    return len(rows)
