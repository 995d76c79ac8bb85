"""Reminders: written when their moment has come, from what is booked then.

Every run looks at the moments since the last one, so nothing is missed however long nobody looked,
and what was booked after its moment is not reminded of. Two runs at once write one row: its key holds
reservation, start and hours.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.sweeping import FORGOTTEN_AFTER, Sweep
from notifications.models import Message
from notifications.services.writing import to_customer, write
from reservations.enums import Purpose, Source, Status
from reservations.messages.names import Kind
from reservations.messages.snapshot import is_still_true, of_reservation
from reservations.models import ReminderMark, Reservation
from resources.models import BookingRules

EVERY = timedelta(minutes=1)
OVERLAP = timedelta(minutes=2)
"""Looked at once more: a booking may be committed a little after its moment."""
BATCH = 500


def schedule_reminders(*, now: datetime) -> int:
    """Writes the reminders whose moment has come since the last time; returns how many moments that were.

    Asked more often than once a minute, it does nothing.
    """
    mark = ReminderMark.objects.first() or ReminderMark.objects.create(until=now)
    if now - mark.until < EVERY:
        return 0
    after = mark.until - OVERLAP
    run = Sweep("reservations.write_reminders", now=now)
    rows = {str(row.pk): row for row in _near(after, now)}
    again = _confirmed().filter(pk__in=run.failed_before(), starts_at__gt=now)
    missed = {str(row.pk): row for row in again}  # before the mark, which only looks ahead

    def remind(key: str) -> int:
        since = now - FORGOTTEN_AFTER if key in missed else after
        return _remind((missed | rows)[key], since, now)

    written = sum(run.attempt(key, remind) or 0 for key in run.in_turn(list(rows | missed)))
    ReminderMark.objects.filter(until__lt=now).update(until=now)
    return written


def _remind(reservation: Reservation, after: datetime, now: datetime) -> int:
    """Writes what is due of one reservation; a reminder that is there is not written again."""
    moments = {hours: reservation.starts_at - timedelta(hours=hours) for hours in hours_for(reservation)}
    due = [hours for hours, at in moments.items() if after < at <= now and reservation.created_at <= at]
    for hours in due:
        write(_reminders(reservation, hours))
    return len(due)


def _reminders(reservation: Reservation, hours: int) -> list[Message]:
    key = f"{reservation.pk}:{reservation.starts_at:%Y%m%dT%H%M}:{hours}"
    return to_customer(Kind.REMINDER, key, reservation, of_reservation(reservation) | {"hours": hours})


def _near(after: datetime, now: datetime) -> Iterable[Reservation]:
    """Those of which some moment may have come; their own hours decide."""
    moments = Q(pk__in=[])
    for hours in _hours_in_use():
        ahead = timedelta(hours=hours)
        moments |= Q(starts_at__gt=max(after + ahead, now), starts_at__lte=now + ahead)
    return _confirmed().filter(moments).iterator(chunk_size=BATCH)


def _confirmed() -> QuerySet[Reservation]:
    found = Reservation.objects.filter(status=Status.CONFIRMED, purpose=Purpose.BOOKING)
    found = found.exclude(source=Source.IMPORT).order_by("starts_at", "pk").select_related("customer")
    return found.prefetch_related("items__resource__rules")


def _hours_in_use() -> set[int]:
    """All hours that rules or people ask for: 168 at most. Rules that say nonsense stop nobody else's."""
    rules = BookingRules.objects.order_by().values_list("reminder_hours", flat=True).distinct()
    people = User.objects.filter(wants_reminders=True).order_by()
    return {hours for each in rules for hours in each if isinstance(hours, int)} | set(
        people.values_list("reminder_hours", flat=True).distinct()
    )


def hours_for(reservation: Reservation) -> list[int]:
    """When its customer is reminded, in hours before the start.

    The rules say how often; who has an account says how early the first one comes, if any.
    """
    usual = {hours for item in reservation.items.all() for hours in item.resource.rules.reminder_hours}
    customer = reservation.customer
    if customer is None or not usual:
        return sorted(usual)
    own = customer.reminder_hours
    later = {hours for hours in usual - {max(usual)} if hours < own}
    return sorted({own, *later}) if customer.wants_reminders else []


def why_not_to_remind(message: Message) -> str:
    """Nothing while the reminder is still true and wanted."""
    if _reminds(message):
        return ""
    return _("Cancelled, moved or over in the meantime, or reminders are not wanted any more.")


def _reminds(message: Message) -> bool:
    reservation: Reservation | None = message.about
    if reservation is None or reservation.starts_at <= clock.now():
        return False
    wanted = message.user is None or message.user.wants_reminders
    return wanted and is_still_true(message.facts, reservation)
