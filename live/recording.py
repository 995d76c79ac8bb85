from collections.abc import Sequence

from common.clock import now
from common.inserting import insert_rows
from common.transactions import after_commit, run_last
from live.models import Change
from live.waking import announce


def record_changes(changes: Sequence[Change]) -> None:
    """Write the rows in the transaction of what they are about, and wake who waits after the commit."""
    for change in changes:
        change.created_at = now()
    run_last(_Writing([*changes]))


class _Writing:
    """At once, all that one change is made of."""

    key = ("live", 0)

    def __init__(self, changes: list[Change]) -> None:
        self._changes = changes

    def join(self, other: "_Writing") -> None:
        self._changes += other._changes

    def run(self) -> None:
        insert_rows(self._changes)
        after_commit(announce)
