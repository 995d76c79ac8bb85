"""Browsers let nobody choose a day that is over, before anything is sent."""

from datetime import time

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import at, make_resource, make_venue, open_weekly

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def on(days: int) -> str:
    return at(days).date().isoformat()


def test_days_that_are_over_cannot_be_chosen_but_stay_where_they_are(client: Client) -> None:
    venue = make_venue(time_zone="UTC")
    open_weekly(venue, time(8), time(20))
    room, earliest = make_resource(venue), f'min="{on(0)}"'
    place = reverse("resource-day", args=[room.uuid])
    pages = [reverse(name, args=[room.uuid]) for name in ("waitlist-join", "resource-repeat")]
    for address in ("/", place, *pages):
        assert earliest in client.get(address, {"date": on(3)}).content.decode(), address
    shown = client.get(place, {"date": on(-3)}).content.decode()
    assert f'min="{on(-3)}"' in shown
    assert "novalidate" not in shown
