from datetime import datetime

from common.lanes import Lane
from common.periodic import register_job
from webhooks.environment import sync_endpoints
from webhooks.sending import forget_old_deliveries, send_due_deliveries


def register() -> None:
    register_job("webhooks.deliver", deliver_due, lane=Lane.NETWORK)
    register_job("webhooks.forget", forget_old_deliveries, every=600)


def deliver_due(*, now: datetime) -> int:
    sync_endpoints()
    return send_due_deliveries(now=now)
