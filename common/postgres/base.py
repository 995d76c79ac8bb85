import select
from contextlib import closing
from time import monotonic
from typing import Any, ClassVar
from weakref import WeakSet

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg.pq import ExecStatus
from psycopg_pool import PoolTimeout

from common.postgres.schema import DatabaseSchemaEditor

PATIENCE = 15.0
"""Seconds for which a connection is waited for while others use all of the pool's."""
SILENCE = 0.7
"""Seconds after which a connection that does not answer is given up: its other end is gone."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks each connection of the pool before it is used, and waits for one only while that has a point."""

    SchemaEditorClass = DatabaseSchemaEditor
    _in_use: ClassVar[WeakSet[Any]] = WeakSet()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.pool:
            return super().get_new_connection(conn_params)
        ends = monotonic() + self.pool.timeout
        while True:
            connection = self._wait_for_connection(conn_params)
            if answers(connection, within=SILENCE):
                self._in_use.add(connection)
                return connection
            connection.close()
            self.pool.putconn(connection)
            # Each silent one costs time, and there may be many.
            if monotonic() >= ends:
                raise PoolTimeout("no connection of the pool answers")

    def _wait_for_connection(self, conn_params: dict[str, Any]) -> Any:
        """After the pool's own ``timeout`` only while others use all connections, or more are being made."""
        ends = monotonic() + PATIENCE
        while True:
            before = self._count_connections()
            try:
                return super().get_new_connection(conn_params)
            except PoolTimeout:
                made, failed = self._count_connections()
                is_growing = made > before[0] and failed == before[1]
                is_used_up = len(self._in_use) >= self.pool.max_size
                if not (is_growing or is_used_up) or monotonic() >= ends:
                    raise

    def _count_connections(self) -> tuple[int, int]:
        """Milliseconds in which connections were made, which only grow, and how many attempts failed."""
        stats = self.pool.get_stats()
        return stats.get("connections_ms", 0), stats.get("connections_errors", 0)

    def ask_apart(self) -> None:
        """By a connection of its own: a pool that is used up is no database that is away.

        Raises psycopg's ``OperationalError``.
        """
        with closing(self.Database.connect(**self.get_connection_params())) as connection:
            if not answers(connection, within=SILENCE):
                raise OperationalError("no answer")

    def _close(self) -> None:
        self._in_use.discard(self.connection)
        super()._close()  # type: ignore[misc]  # the stubs do not know it


def answers(connection: Connection[Any], *, within: float) -> bool:
    """Whether PostgreSQL answers an empty query. Waits itself: psycopg would wait for ever."""
    pgconn, ends = connection.pgconn, monotonic() + within
    try:
        pgconn.send_query(b"")
        pgconn.flush()
        while pgconn.is_busy():
            if not _wait_for_data(pgconn.socket, ends - monotonic()):
                return False
            pgconn.consume_input()
        results = list(iter(pgconn.get_result, None))
    except OperationalError:
        return False
    return [result.status for result in results] == [ExecStatus.EMPTY_QUERY]


def _wait_for_data(socket: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return seconds > 0 and bool(poll.poll(seconds * 1000))
