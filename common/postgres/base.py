from time import monotonic
from typing import Any

from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

PATIENCE = 15.0
"""Seconds for which a connection is waited for while others use all of the pool's."""


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Waits while all are in use; after the pool's own ``timeout`` if it cannot connect."""
        ends = monotonic() + PATIENCE
        while True:
            failures = self._count_failures()
            try:
                return super().get_new_connection(conn_params)
            except PoolTimeout:
                if self._count_failures() > failures or monotonic() >= ends:
                    raise

    def _count_failures(self) -> int:
        return self.pool.get_stats().get("connections_errors", 0) if self.pool else 0
