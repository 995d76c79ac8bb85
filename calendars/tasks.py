from uuid import UUID

from calendars.services.importing import fetch_external_calendar
from common.lanes import Lane, task_in


@task_in(Lane.CALENDARS)
def fetch_calendar(calendar_id: str) -> None:
    """Safe to repeat, and to run twice at once."""
    fetch_external_calendar(calendar_id=UUID(calendar_id))
