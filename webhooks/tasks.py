"""Background work of webhooks."""

from uuid import UUID

from celery import shared_task


@shared_task
def deliver(delivery_id: str) -> None:
    """Tries one delivery now, unless it is done or somebody else is at it."""
    from webhooks.sending import attempt

    attempt(UUID(delivery_id))
