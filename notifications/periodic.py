from common.lanes import Lane
from common.periodic import register_job
from notifications.services.delivering import deliver_due
from notifications.services.forgetting import forget_texts


def register() -> None:
    register_job("notifications.deliver", deliver_due, lane=Lane.MESSAGES)
    register_job("notifications.forget_texts", forget_texts, every=600)
