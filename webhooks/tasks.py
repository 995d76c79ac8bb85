from uuid import UUID

from common.lanes import Lane, task_in


@task_in(Lane.NETWORK)
def deliver_webhook(delivery_id: str, *, is_urgent: bool = False) -> None:
    """Try one delivery now; ``is_urgent`` also to an endpoint that has just not answered."""
    from webhooks.sending import attempt_delivery, is_spared

    # Many deliveries to a silent endpoint would keep all others waiting for its timeouts.
    if is_urgent or not is_spared(UUID(delivery_id)):
        attempt_delivery(UUID(delivery_id))
