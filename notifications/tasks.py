"""What workers do at once; the periodic job finds what they missed."""

from uuid import UUID

from common.lanes import Lane, task_in


@task_in(Lane.MESSAGES)
def deliver(*message_ids: str) -> int:
    """Sends those that are due and that nobody else is sending; returns how many were tried."""
    from notifications.services.delivering import deliver as send

    return sum(send(UUID(each)) for each in message_ids)
