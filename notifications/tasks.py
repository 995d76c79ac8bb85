"""What workers do at once; the tick finds what they missed."""

from uuid import UUID

from celery import shared_task


@shared_task
def deliver(message_id: str) -> bool:
    """Sends one message if it is due and nobody else is sending it."""
    from notifications.services.delivering import deliver as send

    return send(UUID(message_id))
