"""What is queued."""

from uuid import UUID

from calendars.services.importing import fetch
from common.lanes import Lane, task_in


@task_in(Lane.NETWORK)
def fetch_calendar(calendar_id: str) -> None:
    """Looks at one external calendar. Safe to repeat, and to run twice at once."""
    fetch(calendar_id=UUID(calendar_id))
