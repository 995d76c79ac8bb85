"""Public holidays come in once, for the right places, and close what observes them."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from common.clock import now
from common.errors import InvalidInput
from resources.catalog import catalog
from resources.models import Holiday, Venue
from resources.services import import_holidays

pytestmark = pytest.mark.django_db
WOMENS_DAY = date(2026, 3, 8)


def venue(slug: str = "here", country: str = "DE", subdivision: str = "BE") -> Venue:
    made = Venue.objects.create(
        name=slug,
        slug=slug,
        time_zone="Europe/Berlin",
        currency="EUR",
        country=country,
        subdivision=subdivision,
    )
    made.refresh_from_db()  # saving has changed the stamp
    return made


def test_a_year_of_holidays_with_those_of_the_region() -> None:
    added = import_holidays("DE", "BE", [2026])
    dates = set(Holiday.objects.filter(country="DE", subdivision="BE").values_list("date", flat=True))
    assert added == len(dates) == 10
    assert {date(2026, 1, 1), date(2026, 12, 25), WOMENS_DAY} <= dates


def test_without_a_region_only_those_of_the_whole_country() -> None:
    import_holidays("DE", "", [2026])
    assert Holiday.objects.filter(subdivision="").exists()
    assert not Holiday.objects.filter(date=WOMENS_DAY).exists()


def test_importing_again_adds_nothing_and_keeps_what_was_edited() -> None:
    import_holidays("DE", "BE", [2026])
    Holiday.objects.filter(date=WOMENS_DAY).update(name="Frauentag")
    assert import_holidays("DE", "BE", [2026]) == 0
    assert Holiday.objects.get(date=WOMENS_DAY).name == "Frauentag"
    assert import_holidays("DE", "BE", [2026, 2027]) > 0


def test_every_venue_of_the_country_is_read_again_but_no_other() -> None:
    here, there = venue(), venue("there", "PT", "")
    stamps = {each.pk: each.config_stamp for each in (here, there)}
    import_holidays("DE", "BE", [2026])
    here.refresh_from_db()
    there.refresh_from_db()
    assert here.config_stamp != stamps[here.pk]
    assert there.config_stamp == stamps[there.pk]


def test_nothing_new_means_nothing_to_read_again() -> None:
    import_holidays("DE", "BE", [2026])
    here = venue()
    import_holidays("DE", "BE", [2026])
    assert catalog(here.pk).stamp == here.config_stamp


@pytest.mark.once
@pytest.mark.parametrize(("country", "subdivision"), [("XX", ""), ("DE", "QQ")])
def test_unknown_places_are_refused(country: str, subdivision: str) -> None:
    with pytest.raises(InvalidInput):
        import_holidays(country, subdivision, [2026])
    assert not Holiday.objects.exists()


def test_the_command_serves_every_venue_and_goes_on_past_unknown_places() -> None:
    venue(), venue("sister"), venue("nowhere", "AQ", "X"), venue("lisbon", "PT", "")
    out, err = StringIO(), StringIO()
    call_command("import_holidays", stdout=out, stderr=err)
    assert out.getvalue().count("DE-BE") == 1
    assert "PT: " in out.getvalue()
    assert "AQ-X" in err.getvalue()
    years = set(Holiday.objects.filter(country="DE").values_list("date__year", flat=True))
    assert years == {now().year, now().year + 1, now().year + 2}
