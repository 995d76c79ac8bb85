"""Every change leaves a row in its own transaction and wakes those who wait for rows after it."""

from common.clock import now
from common.transactions import after_commit
from live.models import Change
from live.waking import announce


def note(change: Change) -> None:
    """Writes the row. Its kind is registered in ``live.kinds``."""
    change.created_at = now()
    change.save(force_insert=True)
    after_commit(announce)
