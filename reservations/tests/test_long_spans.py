"""Spans above two days beside short ones: guard, engine and calendars find both, in short ranges."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from reservations import guard
from reservations.availability.occupied import BusyRow, busy_rows, rows_touching
from reservations.availability.statements import rows_of_leaves, rows_of_windows
from reservations.models import Allocation, Reservation
from reservations.reaches import LONGEST_SHORT, REACHES
from resources.models import Resource
from tests.effort import examples
from tests.factories import at, make_resource, make_venue
from tests.racing import overbooked, race

pytestmark = pytest.mark.django_db
DAY0 = 50_000_000  # in 2065
NOW, NEVER, LONG_AGO = 2_000_000_000, 4_000_000_000, 1
YEAR = 365 * 1440
LENGTHS = [
    30,
    60,
    LONGEST_SHORT - 1,
    LONGEST_SHORT,
    LONGEST_SHORT + 1,
    *REACHES[:-1],
    *(r + 1 for r in REACHES[:-1]),
]
LENGTHS += [10 * 1440, YEAR, YEAR + 1440 + 15]
SPANS = st.tuples(
    st.sampled_from([-YEAR, -9000, -8192, -2881, -2880, -60, -1, 0, 1, 30, 2880, 8192, YEAR]),
    st.sampled_from(LENGTHS),
)


def make_row(resource: Resource, span: tuple[int, int] | None, **fields: Any) -> Allocation:
    blank = Reservation.objects.create(
        venue_id=resource.venue_id,
        starts_at=at(),
        ends_at=at(8),
        status="confirmed",
        currency="EUR",
        created_at=at(),
    )
    b0, b1 = span or (None, None)
    return Allocation.objects.create(
        venue_id=resource.venue_id, reservation=blank, resource=resource, b0=b0, b1=b1, **fields
    )


def is_refused(act: Any) -> bool:
    try:
        with transaction.atomic():
            act()
    except IntegrityError as error:
        return guard.violated_constraint(error) == "allocation_within_limit"
    return False


def test_the_database_knows_the_reach_of_every_span() -> None:
    room = make_resource(units=100)
    spans = [None, *((DAY0, DAY0 + length) for length in (*LENGTHS, 2_000_000_000))]
    rows = [make_row(room, span) for span in spans]

    found = dict(Allocation.objects.values_list("pk", "reach"))

    for row, span in zip(rows, spans, strict=True):
        length = span[1] - span[0] if span else 0
        assert found[row.pk] == (least_reach(length) if length > LONGEST_SHORT else None), length


def least_reach(length: int) -> int:
    return min(reach for reach in REACHES if reach >= length)


def test_a_year_is_not_the_longest_span_but_its_reach_is_remembered() -> None:
    room = make_resource(units=3)
    make_row(room, (DAY0, DAY0 + 60))
    year, week = make_row(room, (DAY0, DAY0 + YEAR)), make_row(room, (DAY0, DAY0 + 7 * 1440))
    year.delete()
    Allocation.objects.filter(pk=week.pk).update(b1=DAY0 + LONGEST_SHORT)

    room.refresh_from_db()
    assert room.longest_span == LONGEST_SHORT
    assert room.long_reaches == least_reach(YEAR) | least_reach(7 * 1440)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "insert", "update", "free"]),
        SPANS,
        st.integers(1, 2),
        st.sampled_from([None, None, NEVER, LONG_AGO]),
        st.integers(0, 9),
    ),
    min_size=2,
    max_size=14,
)


@examples(40)
@given(acts=ACTS, units=st.integers(1, 3))
def test_the_guard_accepts_exactly_what_fits_beside_long_spans(
    acts: list[tuple[Any, ...]], units: int
) -> None:
    """Against a sum over all rows at every minute at which a row begins."""
    room = make_resource(units=units)
    rows: dict[int, tuple[int, int, int, int | None] | None] = {}
    for kind, (offset, length), taken, expires_at, which in acts:
        new = (DAY0 + offset, DAY0 + offset + length, taken, expires_at)
        if kind == "insert" or not rows:
            made = try_to_make(room, new)
            assert (not made) == (not fits([*rows.values(), new], new, units))
            rows |= {row.pk: new for row in made}
            continue
        key = list(rows)[which % len(rows)]
        old = rows.pop(key)
        if kind == "free":
            assert not is_refused(lambda key=key: change(key, b0=None, b1=None, expires_at=None))
            rows[key] = None
            continue
        values = dict(zip(("b0", "b1", "units", "expires_at"), new, strict=True))
        refused = is_refused(lambda key=key, values=values: change(key, **values))
        assert refused == (not (shrinks(old, new) or fits([*rows.values(), new], new, units)))
        rows[key] = old if refused else new


def try_to_make(room: Resource, new: tuple[int, int, int, int | None]) -> list[Allocation]:
    made: list[Allocation] = []
    is_refused(lambda: made.append(make_row(room, new[:2], units=new[2], expires_at=new[3])))
    return made


def change(key: int, **values: Any) -> None:
    Allocation.objects.filter(pk=key).update(**values)


def counts(row: tuple[int, int, int, int | None] | None) -> bool:
    return row is not None and row[3] != LONG_AGO


def shrinks(old: tuple[int, int, int, int | None] | None, new: tuple[int, int, int, int | None]) -> bool:
    return counts(old) and old is not None and old[0] <= new[0] and new[1] <= old[1] and new[2] <= old[2]


def fits(rows: list[Any], new: tuple[int, int, int, int | None], limit: int) -> bool:
    if not counts(new):
        return True
    live = [row for row in rows if counts(row)]
    begins = {new[0], *(row[0] for row in live if new[0] <= row[0] < new[1])}
    return all(sum(row[2] for row in live if row[0] <= minute < row[1]) <= limit for minute in begins)


ROWS = st.lists(
    st.tuples(st.integers(0, 2), SPANS, st.sampled_from([None, None, NEVER, LONG_AGO])),
    min_size=1,
    max_size=12,
)
WINDOWS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([-YEAR, -2880, -60, 0, 29, 30, 59, 60, 8191, 8192, 10_000, YEAR, 2 * YEAR]),
        st.sampled_from([1, 60, 1440, 31 * 1440]),
    ),
    min_size=2,
    max_size=8,
)


@examples(40)
@given(rows=ROWS, windows=WINDOWS)
def test_every_query_finds_what_overlaps(rows: list[Any], windows: list[tuple[int, int, int]]) -> None:
    """One leaf, many, a window each, and the calendars'; with and without one reservation."""
    venue = make_venue()
    rooms = [make_resource(venue, units=100) for _ in range(3)]
    made = [
        make_row(rooms[which], (DAY0 + offset, DAY0 + offset + length), expires_at=expires_at)
        for which, (offset, length), expires_at in rows
    ]
    asked = [(rooms[which].pk, DAY0 + start, DAY0 + start + length) for which, start, length in windows]
    for excluding in (None, made[0].reservation_id):
        expected = [list_overlapping(made, *window, excluding) for window in asked]
        touching = rows_touching(asked, now_seconds=NOW, excluding=excluding)
        assert [Counter(touching.get(number, ())) for number in range(len(asked))] == expected
        for (leaf, start, end), of_leaf in zip(asked, expected, strict=True):
            of_one = busy_rows([leaf], start, end, now_seconds=NOW, excluding=excluding)
            assert Counter(of_one.get(leaf, ())) == of_leaf
            of_all = busy_rows([room.pk for room in rooms], start, end, now_seconds=NOW, excluding=excluding)
            for room in rooms:
                assert Counter(of_all.get(room.pk, ())) == list_overlapping(
                    made, room.pk, start, end, excluding
                )
    leaf, start, end = asked[0]
    parts = Allocation.objects.counting(NOW).overlapping_by_reach([leaf], start, end)
    found = [(row.b0, row.b1, row.units, row.expires_at is not None) for part in parts for row in part]
    assert Counter(found) == list_overlapping(made, leaf, start, end, None)


def list_overlapping(
    rows: list[Allocation], leaf: int, start: int, end: int, excluding: UUID | None
) -> "Counter[BusyRow]":
    return Counter(
        (row.b0, row.b1, row.units, row.expires_at is not None)
        for row in rows
        if row.b0 is not None
        and row.b1 is not None
        and row.resource_id == leaf
        and row.reservation_id != excluding
        and row.expires_at != LONG_AGO
        and row.b0 < end
        and row.b1 > start
    )


@pytest.mark.parametrize("write", [rows_of_leaves, rows_of_windows])
def test_long_rows_are_looked_for_in_a_range_of_their_own_index(write: Any) -> None:
    room = make_resource(units=2)
    make_row(room, (DAY0, DAY0 + YEAR))
    sql = write(connection.vendor, excludes=False)
    windows = {"leaves": f"[{room.pk}]", "windows": f'{{"{room.pk}": [[0, {DAY0}, {DAY0 + 60}]]}}'}
    wanted = ["allocation_of_long (resource_id=? AND reach=? AND b0>? AND b0<?)"]
    if connection.vendor == "postgresql":
        windows = {"leaves": f"{{{room.pk}}}", "starts": f"{{{DAY0}}}", "ends": f"{{{DAY0 + 60}}}"}
        # Whether from the index alone is the planner's affair: it depends on what was vacuumed.
        wanted = ["Scan using allocation_of_long", "AND (reach = ", "AND (b0 >= ("]

    plan = explain(sql, windows | {"start": DAY0, "end": DAY0 + 60, "now": NOW})

    assert [part for part in wanted if part not in plan] == []


def explain(sql: str, parameters: dict[str, Any]) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        else:
            leave_no_other_index(cursor)
            cursor.execute(f"EXPLAIN {sql}", parameters)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def leave_no_other_index(cursor: Any) -> None:
    """In a table this small the planner takes any index, as its statistics happen to be: here it has one."""
    cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
    cursor.execute(
        "SELECT indexrelid::regclass::text, indisunique FROM pg_index WHERE NOT indisprimary"
        " AND indrelid = 'reservations_allocation'::regclass AND indexrelid <> 'allocation_of_long'::regclass"
    )
    for name, is_unique in cursor.fetchall():  # until the test's transaction is rolled back
        what = f'ALTER TABLE reservations_allocation DROP CONSTRAINT "{name}"'
        cursor.execute(what if is_unique else f'DROP INDEX "{name}"')


@pytest.mark.django_db(transaction=True)
def test_a_long_span_races_short_ones() -> None:
    """Raw rows, so that only the guard stands between them."""
    room = make_resource()
    spans = [
        (DAY0, DAY0 + YEAR),
        *((DAY0 + day * 1440, DAY0 + day * 1440 + 60) for day in (0, 3, 100, 300, 364)),
    ]

    refusals = race(len(spans), lambda number: is_refused(lambda: make_row(room, spans[number])))

    assert refusals in ([False, *[True] * 5], [True, *[False] * 5])
    assert overbooked() == []
