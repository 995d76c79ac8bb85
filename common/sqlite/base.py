"""SQLite whose writers, within one process, take turns before they ask for the file's lock."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any
from urllib.parse import quote

from django.db.backends.sqlite3 import base

from common.sqlite.turns import Turn, turns_at

# SQLite lets a waiting writer sleep longer and longer: on a busy machine whoever has just come is often
# quicker than whoever has waited long. Other processes still wait for the file.
LOCKED = 1.0
"""Seconds after which a file that lets nobody read counts as away; who writes keeps nobody from reading."""
WRITES = {"INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP"}


# What is overridden has no type in Django's stubs.
class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: Turn | None = None
        self.execute_wrappers.append(self._execute_in_turn)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.is_in_memory_db():
            _keep_from_others(str(self.settings_dict["NAME"]))
        return super().get_new_connection(conn_params)

    def ask_apart(self) -> None:
        """By a connection of its own, which makes no file where none is. Raises ``sqlite3.Error``."""
        if self.is_in_memory_db():
            return
        address = f"file:{quote(str(self.settings_dict['NAME']))}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=LOCKED)) as connection:
            connection.execute("SELECT count(*) FROM django_migrations").fetchone()

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        # Whatever happened, the next writer must not wait for a transaction that never began.
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc]
        self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _execute_in_turn(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        # A statement that writes outside a transaction is a transaction of its own and needs a turn of its
        # own; reading needs none.
        if self._turn or self.connection.in_transaction or not _is_write(sql):
            return execute(sql, params, many, context)
        self._take_turn()
        try:
            return execute(sql, params, many, context)
        finally:
            self._end_turn()

    def _take_turn(self) -> None:
        if not self.is_in_memory_db():
            turns = turns_at(str(self.settings_dict["NAME"]))
            self._turn = turns.take(self.settings_dict["OPTIONS"].get("timeout", 5))

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.end()


def _keep_from_others(name: str) -> None:
    """A new database file is its account's own; SQLite makes those beside it like it."""
    with suppress(OSError):  # it is there already, is none, or cannot be made: opening it will say so
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _is_write(sql: str) -> bool:
    # Nearly all are written so, and each of them passes here.
    return not sql.startswith("SELECT") and sql.lstrip().partition(" ")[0].upper() in WRITES
