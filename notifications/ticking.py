"""Messages' part of what is done every few seconds."""

from datetime import datetime

from notifications.services.delivering import deliver_due
from notifications.services.forgetting import forget_texts
from notifications.services.reminding import schedule_reminders


def tick(now: datetime) -> dict[str, int]:
    return {
        "reminders written": schedule_reminders(now=now),
        "messages tried": deliver_due(now=now),
        "texts forgotten": forget_texts(now=now),
    }
