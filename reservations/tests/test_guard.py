"""The triggers alone: raw rows, no service in between."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.db.models import PositiveBigIntegerField
from hypothesis import given
from hypothesis import strategies as st

from reservations import guard
from reservations.models import Allocation, Reservation, ReservationEvent
from resources.models import Resource, ResourcePart
from tests.effort import examples
from tests.factories import at, book, make_resource, make_user, make_venue, make_whole, open_always

pytestmark = pytest.mark.django_db
NEVER, LONG_AGO = 4_000_000_000, 1
DAY0 = 50_000_000  # in 2065


@pytest.fixture
def room() -> Resource:
    return make_resource(units=2)


def row(resource: Resource, b0: int | None, b1: int | None, **fields: Any) -> Allocation:
    """A raw allocation; its reservation's own time is elsewhere and of no matter."""
    blank = Reservation.objects.create(
        venue=resource.venue,
        starts_at=at(),
        ends_at=at(8),
        status="confirmed",
        currency="EUR",
        created_at=at(),
    )
    return Allocation.objects.create(
        venue=resource.venue, reservation=blank, resource=resource, b0=b0, b1=b1, **fields
    )


def change(allocation: Allocation, **fields: Any) -> None:
    with transaction.atomic():
        Allocation.objects.filter(pk=allocation.pk).update(**fields)


def refused(act: Any) -> str | None:
    """Which constraint refuses the act; None when it is accepted."""
    try:
        with transaction.atomic():
            act()
    except IntegrityError as error:
        return guard.violated_constraint(error)
    return None


FULL = "allocation_within_limit"


def test_the_peak_counts_not_the_sum(room: Resource) -> None:
    row(room, DAY0, DAY0 + 60)
    row(room, DAY0 + 60, DAY0 + 120)

    assert refused(lambda: row(room, DAY0, DAY0 + 120)) is None
    assert refused(lambda: row(room, DAY0 + 119, DAY0 + 121)) == FULL
    assert refused(lambda: row(room, DAY0 + 120, DAY0 + 121, units=2)) is None


def test_spans_that_touch_do_not_meet(room: Resource) -> None:
    row(room, DAY0, DAY0 + 60, units=2)

    assert refused(lambda: row(room, DAY0 + 60, DAY0 + 90, units=2)) is None
    assert refused(lambda: row(room, DAY0 - 30, DAY0, units=2)) is None
    assert refused(lambda: row(room, DAY0 + 59, DAY0 + 60)) == FULL


@pytest.mark.parametrize(("units", "percent", "limit"), [(1, 0, 1), (10, 25, 12), (3, 33, 3), (0, 0, 0)])
def test_the_limit_is_rounded_down(units: int, percent: int, limit: int) -> None:
    room = make_resource(units=units, overbooking_percent=percent)
    for _ in range(limit):
        row(room, DAY0, DAY0 + 60)

    assert refused(lambda: row(room, DAY0, DAY0 + 60)) == FULL
    assert room.limit == limit


def test_only_a_live_hold_counts(room: Resource) -> None:
    row(room, DAY0, DAY0 + 60, units=2, expires_at=LONG_AGO)
    assert refused(lambda: row(room, DAY0, DAY0 + 60, units=2, expires_at=NEVER)) is None
    assert refused(lambda: row(room, DAY0, DAY0 + 60)) == FULL
    assert refused(lambda: row(room, DAY0, DAY0 + 60, units=9, expires_at=LONG_AGO)) is None


def test_an_expired_hold_is_checked_when_it_becomes_a_booking(room: Resource) -> None:
    late = row(room, DAY0, DAY0 + 60, units=2, expires_at=LONG_AGO)
    in_time = row(room, DAY0 + 60, DAY0 + 120, units=2, expires_at=NEVER)
    row(room, DAY0, DAY0 + 60)

    assert refused(lambda: change(late, expires_at=None)) == FULL
    assert refused(lambda: change(in_time, expires_at=None)) is None


def test_growth_is_checked_and_shrinking_is_not(room: Resource) -> None:
    mine = row(room, DAY0, DAY0 + 60)
    row(room, DAY0 + 60, DAY0 + 120, units=2)
    assert refused(lambda: change(mine, b1=DAY0 + 61)) == FULL
    assert refused(lambda: change(mine, units=3)) == FULL
    assert refused(lambda: change(mine, b0=DAY0 - 60)) is None

    row(room, DAY0, DAY0 + 60)
    Resource.objects.filter(pk=room.pk).update(units=0)
    assert refused(lambda: change(mine, b0=DAY0)) is None
    assert refused(lambda: change(mine, b0=None, b1=None)) is None
    assert refused(lambda: change(mine, b0=DAY0, b1=DAY0 + 1)) == FULL


def test_moving_to_another_resource_is_checked_there(room: Resource) -> None:
    other = make_resource(room.venue)
    row(other, DAY0, DAY0 + 60)
    mine = row(room, DAY0, DAY0 + 60)
    before = versions(room, other)

    assert refused(lambda: change(mine, resource=other)) == FULL
    Allocation.objects.filter(resource=other).delete()
    assert refused(lambda: change(mine, resource=other)) is None
    after = versions(room, other)
    assert after[0] == before[0] + 1
    assert after[1] == before[1] + 2


def versions(*resources: Resource) -> list[int]:
    found = dict(Resource.objects.values_list("pk", "version"))
    return [found[each.pk] for each in resources]


def test_every_change_of_occupancy_raises_the_version(room: Resource) -> None:
    seen = versions(room)
    mine = row(room, DAY0, DAY0 + 60)
    for act in (
        lambda: change(mine, b1=DAY0 + 30),
        lambda: change(mine, b0=None, b1=None),
        lambda: change(mine, b0=DAY0, b1=DAY0 + 60),
        lambda: mine.delete(),
    ):
        seen += versions(room)
        act()
    seen += versions(room)
    assert seen == sorted(set(seen))
    assert len(seen) == 6


def test_bookings_of_a_month_are_found_from_their_far_end(room: Resource) -> None:
    row(room, DAY0, DAY0 + 60)
    row(room, DAY0, DAY0 + 43_200, units=2 - 1)

    room.refresh_from_db()
    assert room.longest_span == 60
    assert refused(lambda: row(room, DAY0 + 43_199, DAY0 + 43_300, units=2)) == FULL


def test_rows_of_one_statement_are_checked_together(room: Resource) -> None:
    owners = [book(make_resource(room.venue)) for _ in range(3)]
    span = {"venue": room.venue, "resource": room, "b0": DAY0, "b1": DAY0 + 60}
    rows = [Allocation(reservation=owner, **span) for owner in owners]

    assert refused(lambda: Allocation.objects.bulk_create(rows)) == FULL
    assert refused(lambda: Allocation.objects.bulk_create(rows[:2])) is None


def test_only_leaves_are_allocated(room: Resource) -> None:
    whole = make_whole([room])
    assert refused(lambda: row(whole, DAY0, DAY0 + 60)) == "allocation_on_leaf"


def test_a_booked_resource_gets_no_parts(room: Resource) -> None:
    row(room, DAY0, DAY0 + 60)
    part = make_resource(room.venue)
    add = lambda: ResourcePart.objects.create(whole=room, part=part)  # noqa: E731

    assert refused(add) == "part_of_unbooked_whole"
    Allocation.objects.update(b0=None, b1=None)
    assert refused(add) is None


def test_history_can_only_grow(room: Resource) -> None:
    event = book(room).events.get()

    assert refused(lambda: ReservationEvent.objects.update(kind="edited")) == "event_append_only"
    assert refused(lambda: event.delete()) == "event_append_only"
    assert ReservationEvent.objects.get().kind == "booked"


WORDS = {"customer_name": ["Zoë", "Ada"], "requests": ["", "Nüsse"], "reason": ["", "ill"]}
REST = {"party_size": ["2", "3"], "fee": ["0", "12.50"]}


def edited(room: Resource) -> Any:
    """An event with a person's words in its history, among others."""
    event = book(room).events.get()
    values = {
        "venue_id": event.venue_id,
        "reservation_id": event.reservation_id,
        "at": event.at,
        "source": "web",
        "new_status": "confirmed",
    }
    return ReservationEvent.objects.create(kind="edited", changes=REST | WORDS, **values)


def test_a_persons_words_can_be_taken_out_of_history(room: Resource) -> None:
    event = ReservationEvent.objects.filter(pk=edited(room).pk)

    assert refused(lambda: event.update(changes=REST)) is None
    assert event.get().changes == REST
    assert refused(lambda: event.update(changes=REST)) is None  # nothing is left to take out


@pytest.mark.parametrize(
    "changes",
    [
        {"changes": REST | {"requests": ["", "Nüsse"]}},
        {"changes": {"fee": ["0", "12.50"]}},
        {"changes": REST | {"fee": ["0", "0"]}},
        {"changes": {}},
        {"changes": REST, "kind": "booked"},
        {"changes": REST, "at": at(1)},
        {"changes": REST, "source": "staff"},
        {"changes": REST, "new_status": "cancelled"},
        {"changes": REST, "old_status": "held"},
    ],
)
def test_nothing_else_leaves_history_with_them(room: Resource, changes: dict[str, Any]) -> None:
    event = ReservationEvent.objects.filter(pk=edited(room).pk)

    assert refused(lambda: event.update(**changes)) == "event_append_only"
    assert refused(lambda: event.update(actor=make_user(), changes=REST)) == "event_append_only"
    assert event.get().changes == REST | WORDS


@pytest.mark.django_db(transaction=True)
def test_the_server_refuses_to_start_without_the_guard() -> None:
    guard.require_guard()
    guard.remove()
    with pytest.raises(guard.GuardMissing, match="migrate"):
        guard.require_guard()

    call_command("migrate", verbosity=0)
    guard.require_guard()


@pytest.mark.django_db(transaction=True)
def test_a_weakened_guard_is_noticed() -> None:
    name = "holdfast_guard_insert" if connection.vendor == "sqlite" else "holdfast_guard_write"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(
                f"CREATE TRIGGER {name} AFTER INSERT ON reservations_allocation BEGIN SELECT 1; END"
            )
        else:
            cursor.execute(f"ALTER TABLE reservations_allocation DISABLE TRIGGER {name}")
    assert guard.list_missing() == [name]
    guard.remove()
    guard.install()
    assert guard.list_missing() == []


@pytest.mark.django_db(transaction=True)
def test_the_guard_survives_a_remade_table() -> None:
    """SQLite remakes a table to alter it and drops its triggers without a word."""
    field = Allocation._meta.get_field("units")
    wider = PositiveBigIntegerField(default=1)
    wider.set_attributes_from_name("units")
    wider.model = Allocation
    guard.before_migrate(using="default")
    with connection.schema_editor() as editor:
        editor.alter_field(Allocation, field, wider)
        editor.alter_field(Allocation, wider, field)
    guard.after_migrate(using="default")
    guard.require_guard()


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_older_than_the_lock_fails_instead_of_overselling() -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has one isolation level, and its writers take turns
    room = make_resource()
    owner = book(make_resource(room.venue))
    rival = connections.create_connection("default")
    columns = "(venue_id, reservation_id, resource_id, units, b0, b1)"
    insert = f"INSERT INTO reservations_allocation {columns} VALUES (%s, %s, %s, 1, %s, %s)"
    try:
        with rival.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM reservations_allocation")
            row(room, DAY0, DAY0 + 60)
            with pytest.raises(OperationalError, match="could not serialize"):
                cursor.execute(insert, [room.venue_id, owner.pk, room.pk, DAY0, DAY0 + 60])
    finally:
        rival.close()


MINUTES = st.integers(0, 30)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "update"]),
        MINUTES,
        st.integers(1, 12),
        st.integers(1, 3),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=14,
)


@examples(40)
@given(acts=ACTS, units=st.integers(1, 4))
def test_the_guard_accepts_exactly_what_fits(acts: list[tuple[Any, ...]], units: int) -> None:
    """Against a count of every minute."""
    venue = make_venue()
    open_always(venue)
    room = make_resource(venue, units=units)
    rows: list[Allocation] = []
    spans: list[tuple[int, int, int]] = []
    for kind, start, length, taken, which in acts:
        new = (DAY0 + start, DAY0 + start + length, taken)
        index = which % len(rows) if kind == "update" and rows else None
        others = [span for place, span in enumerate(spans) if place != index]
        if index is None:
            made: list[Allocation] = []
            fits = fits_every_minute([*others, new], new, units)
            act = lambda new=new, made=made: made.append(row(room, new[0], new[1], units=new[2]))  # noqa: E731
            assert refused(act) == (None if fits else FULL)
            rows, spans = rows + made, spans + [new] * len(made)
            continue
        old = spans[index]
        shrinks = old[0] <= new[0] and new[1] <= old[1] and new[2] <= old[2]
        fits = shrinks or fits_every_minute([*others, new], new, units)
        b0, b1, used = new
        assert refused(
            lambda r=rows[index], b0=b0, b1=b1, used=used: change(r, b0=b0, b1=b1, units=used)
        ) == (None if fits else FULL)
        spans[index] = new if fits else old


def fits_every_minute(spans: list[tuple[int, int, int]], new: tuple[int, int, int], limit: int) -> bool:
    return all(
        sum(units for b0, b1, units in spans if b0 <= minute < b1) <= limit
        for minute in range(new[0], new[1])
    )
