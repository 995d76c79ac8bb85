from uuid import UUID

from common.lanes import Lane, task_in


@task_in(Lane.MESSAGES)
def deliver_messages(*message_ids: str) -> int:
    """Send those that are due and not claimed; returns how many were tried."""
    from notifications.services.delivering import deliver_message as send

    return sum(send(UUID(message_id)) for message_id in message_ids)
