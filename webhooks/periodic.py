"""What becomes of deliveries by itself."""

from datetime import datetime

from common.lanes import Lane
from common.periodic import register_job
from webhooks.environment import keep_up
from webhooks.sending import forget_old, send_due


def register() -> None:
    register_job("webhooks.deliver", deliver, lane=Lane.NETWORK)
    register_job("webhooks.forget", forget_old, every=600)


def deliver(*, now: datetime) -> int:
    keep_up()
    return send_due(now=now)
