"""What tests of messages share."""

from datetime import datetime, timedelta
from typing import Any

from common import clock
from notifications.enums import MessageStatus
from notifications.models import Message
from notifications.services.delivering import deliver_due
from reservations.models import Reservation


def send_all() -> None:
    """What the tick does, until nothing is due."""
    while deliver_due(now=clock.now()):
        pass


def kinds(**fields: Any) -> list[str]:
    """What was written, oldest first."""
    return list(Message.objects.filter(**fields).order_by("created_at", "pk").values_list("kind", flat=True))


def kinds_to(recipient: str) -> list[str]:
    return kinds(recipient=recipient)


def html_of(mail: Any) -> str:
    found = [each.content for each in mail.alternatives if each.mimetype == "text/html"]
    assert len(found) == 1
    return str(found[0])


def make_due(message: Message) -> None:
    """As if its pause, or the lease of a worker that died, were over."""
    past = clock.now() - timedelta(seconds=1)
    Message.objects.filter(pk=message.pk).update(due_at=past)
    Message.objects.filter(pk=message.pk, status=MessageStatus.SENDING).update(claimed_until=past)


def in_hours(hours: float) -> datetime:
    """A whole minute from now."""
    return clock.now().replace(second=0, microsecond=0) + timedelta(hours=hours)


def moved_to(reservation: Reservation, start: datetime) -> None:
    """As if it had been booked long ago for then: what the clock would do."""
    length = reservation.ends_at - reservation.starts_at
    created = start - timedelta(days=30)
    Reservation.objects.filter(pk=reservation.pk).update(
        starts_at=start, ends_at=start + length, created_at=created
    )
