"""Background work of webhooks."""

from uuid import UUID

from common.lanes import Lane, task_in


@task_in(Lane.NETWORK)
def deliver(delivery_id: str, *, is_urgent: bool = False) -> None:
    """Tries one delivery now, unless it is done or somebody else is at it.

    An endpoint that has just not answered is spared, unless somebody waits for this one (``is_urgent``):
    many deliveries to it would keep all others waiting for its timeouts.
    """
    from webhooks.sending import attempt, is_spared

    if is_urgent or not is_spared(UUID(delivery_id)):
        attempt(UUID(delivery_id))
