"""Writers to SQLite: first come, first served; and nobody keeps a turn that is over."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, OperationalError, connection, connections, transaction

from common.errors import Busy
from common.sqlite.turns import Turn, Turns, TurnTimeout, WritesAlready, turns_at
from common.transactions import retried_atomic
from tests.processes import PATIENCE, until
from tests.racing import race

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
WRITERS = 64


def writers_turns() -> Turns:
    return turns_at(str(connection.settings_dict["NAME"]))


def write(name: str) -> None:
    """One statement, which is its own transaction."""
    Group.objects.create(name=name)


@retried_atomic
def write_in_transaction(name: str) -> None:
    write(name)


def started(function: Callable[[], object]) -> threading.Thread:
    def work() -> None:
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def is_waiting(turns: Turns, count: int) -> bool:
    return turns.waiting == count


@pytest.mark.parametrize("act", [write, write_in_transaction])
def test_writers_are_served_in_the_order_they_came(act: Callable[[str], None]) -> None:
    names, threads = [f"writer {number:02}" for number in range(WRITERS)], []
    with transaction.atomic():
        for name in names:
            threads.append(started(partial(act, name)))
            until(partial(is_waiting, writers_turns(), len(threads)))
    for thread in threads:
        thread.join()

    assert list(Group.objects.order_by("pk").values_list("name", flat=True)) == names


def test_many_writers_at_once_all_get_their_turn() -> None:
    def work(number: int) -> None:
        for each in range(10):
            (write_in_transaction if each % 2 else write)(f"{number}-{each}")

    assert race(WRITERS, work) == [None] * WRITERS
    assert Group.objects.count() == WRITERS * 10


def test_who_only_reads_waits_for_nobody() -> None:
    with transaction.atomic():
        assert race(1, lambda _: Group.objects.count()) == [0]


def test_whoever_waits_too_long_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as process:
        process.execute("BEGIN IMMEDIATE")
        with monkeypatch.context() as patched:
            patched.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.01)
            found = race(2, lambda number: (write_in_transaction, write)[number](str(number)))
        process.execute("ROLLBACK")
    in_transaction, alone = found
    assert type(in_transaction) is Busy
    assert isinstance(alone, OperationalError)  # in the queue, or at the file when the other has given up

    assert race(2, lambda number: write(str(number))) == [None, None]


def test_a_second_connection_of_one_thread_is_refused_at_once() -> None:
    other = connection.copy()
    with transaction.atomic():
        with pytest.raises(WritesAlready), other.cursor() as cursor:
            cursor.execute("DELETE FROM auth_group")
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM auth_group")
    other.close()
    assert race(1, lambda _: write("afterwards")) == [None]


def undo() -> None:
    with transaction.atomic():
        transaction.set_rollback(True)


def fail() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError


def close() -> None:
    with transaction.atomic():
        connection.close()


def fail_to_write() -> None:
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM nowhere")


@pytest.mark.parametrize("act", [undo, fail, close, fail_to_write])
def test_the_turn_ends_with_the_transaction_however_it_ends(act: Callable[[], None]) -> None:
    def tried(_: int) -> None:
        act()
        write("mine")

    assert race(1, tried) == [None]
    assert race(1, lambda _: write("theirs")) == [None]


def test_the_turn_of_a_thread_that_died_is_nobodys() -> None:
    turns, taken = Turns(), list[Turn]()
    started(lambda: taken.append(turns.take(PATIENCE))).join()

    turns.take(PATIENCE).end()

    taken[0].end()
    turns.take(PATIENCE).end()


def test_who_gives_up_leaves_the_queue() -> None:
    turns = Turns()
    mine = turns.take(PATIENCE)
    outcome = race(1, lambda _: turns.take(0))
    assert isinstance(outcome[0], TurnTimeout)
    assert turns.waiting == 0

    waiting = started(lambda: turns.take(PATIENCE).end())
    until(partial(is_waiting, turns, 1))
    mine.end()
    waiting.join()
