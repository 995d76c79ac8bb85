from common.clock import now
from common.transactions import after_commit
from live.models import Change
from live.waking import announce


def record_change(change: Change) -> None:
    """Write the change's row in its transaction, and wake who waits after the commit."""
    change.created_at = now()
    change.save(force_insert=True)
    after_commit(announce)
