"""What is queued."""

from uuid import UUID

from celery import shared_task

from calendars.services.importing import fetch


@shared_task
def fetch_calendar(calendar_id: str) -> None:
    """Looks at one external calendar. Safe to repeat, and to run twice at once."""
    fetch(calendar_id=UUID(calendar_id))
