"""Whatever versions an external calendar goes through: what is blocked is the last one, less the bookings."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.ical_reading import BusySpan
from calendars.models import ExternalCalendar
from calendars.services.applying import apply_calendar
from calendars.tests.test_import import blocks
from common.clock import now as clock_now
from common.errors import Conflict
from reservations.domain.values import Actor
from reservations.models import Reservation
from reservations.services import cancel_reservation
from resources.models import Resource
from scheduling.spans import Span, intersect, merge, subtract
from scheduling.zones import to_minute
from tests.effort import examples
from tests.factories import at, book, make_resource, make_rules, make_venue, open_always

pytestmark = pytest.mark.django_db
STEP = 30
spans = st.tuples(st.integers(0, 20), st.integers(1, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))
versions = st.dictionaries(st.sampled_from("abcdef"), spans, max_size=6)
steps = st.lists(
    st.one_of(
        versions.map(lambda found: ("version", found)),
        spans.map(lambda span: ("book", span)),
        st.integers(0, 5).map(lambda number: ("cancel", number)),
    ),
    min_size=1,
    max_size=8,
)


class Life:
    """One resource, one calendar, and what happens to them."""

    def __init__(self) -> None:
        venue = make_venue()
        open_always(venue)
        rules = make_rules(venue, slot_step=30, min_duration=30)
        self.room: Resource = make_resource(venue, rules=rules)
        self.calendar = ExternalCalendar.objects.create(venue=venue, resource=self.room, name="Club")
        self.start: datetime = at(7, 0)
        self.found: list[BusySpan] = []
        self.booked: list[Reservation] = []

    def span(self, first: int, last: int) -> Span:
        begin = to_minute(self.start)
        return begin + first * STEP, begin + last * STEP

    def version(self, events: dict[str, Span]) -> None:
        self.found = [BusySpan(*self.span(*span), uid, uid) for uid, span in events.items()]
        self.look()

    def look(self) -> None:
        apply_calendar(self.calendar, self.found, now=clock_now())

    def book(self, span: Span) -> None:
        length = (span[1] - span[0]) * STEP
        with suppress(Conflict):
            self.booked.append(book(self.room, self.start + timedelta(minutes=span[0] * STEP), length))

    def cancel(self, number: int) -> None:
        if number < len(self.booked):
            cancel_reservation(reservation_id=self.booked.pop(number).pk, actor=Actor())

    def check(self) -> None:
        busy = merge((each.start, each.end) for each in self.found)
        taken = merge((to_minute(row.starts_at), to_minute(row.ends_at)) for row in self.booked)
        assert minutes(blocks(self.room)) == subtract(busy, taken)
        told = self.calendar.events.exclude(conflict="").values_list("starts_at", "ends_at")
        assert minutes(list(told)) == intersect(busy, taken)
        for row in self.calendar.events.filter(reservation__isnull=False).select_related("reservation"):
            assert row.reservation is not None
            assert (row.starts_at, row.ends_at) == (row.reservation.starts_at, row.reservation.ends_at)
        for booked in self.booked:
            booked.refresh_from_db()
            assert booked.status == "confirmed"


def minutes(found: list[tuple[datetime, datetime]]) -> list[Span]:
    return merge((to_minute(start), to_minute(end)) for start, end in found)


@examples(15)
@given(steps)
def test_any_sequence_of_versions_and_bookings(db: None, story: list[tuple[str, object]]) -> None:
    life = Life()
    for act, what in story:
        getattr(life, act)(what)
    life.look()
    life.check()
    before = list(life.calendar.events.order_by("pk").values())
    life.look()
    assert list(life.calendar.events.order_by("pk").values()) == before
