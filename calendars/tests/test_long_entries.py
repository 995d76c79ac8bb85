import pytest
from django.contrib.auth.models import AnonymousUser

from calendars.entries import read_entries
from common.clock import epoch_minute
from reservations.availability import moment_now
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Purpose, Source
from reservations.services import block_time
from resources.catalog import bookable
from resources.enums import Role
from tests.factories import at, book, make_member, make_resource

pytestmark = pytest.mark.django_db


def test_a_block_of_a_year_stands_beside_short_bookings() -> None:
    hall, room = make_resource(units=2), make_resource()
    block_time(
        venue_id=hall.venue_id,
        items=[ItemRequest(hall.pk, quantity=1)],
        start=at(7),
        end=at(7 + 365),
        title="Exhibition",
        purpose=Purpose.EVENT,
        actor=Actor(source=Source.IMPORT),
    )
    short = book(hall, at(300, 12))
    book(room, at(300, 12))

    noon, before = epoch_minute(at(300, 12)), epoch_minute(at(7)) - 60
    seen_by = {
        viewer: read_entries([bookable(hall)], (noon, noon + 60), viewer, moment_now())[hall.pk]
        for viewer in (make_member(hall.venue, Role.STAFF), AnonymousUser())
    }

    by_staff, by_public = seen_by.values()
    assert [entry.title for entry in by_public] == ["Exhibition"]
    assert [entry.title for entry in by_staff] == ["Exhibition", ""]
    assert by_staff[1].reservation_id == short.pk
    assert read_entries([bookable(hall)], (before, before + 60), AnonymousUser(), moment_now()) == {}
