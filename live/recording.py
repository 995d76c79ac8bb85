from collections.abc import Sequence

from common.clock import now
from common.inserting import insert_rows
from common.transactions import after_commit
from live.models import Change
from live.waking import announce


def record_changes(changes: Sequence[Change]) -> None:
    """Write the rows in the transaction of what they are about, and wake who waits after the commit."""
    for change in changes:
        change.created_at = now()
    insert_rows(changes)
    after_commit(announce)
