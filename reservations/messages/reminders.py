"""Reminders, written when their moment comes from what is booked then.

Every run looks at the moments since the last one, so that none is missed. Two runs at once write one row: its
key holds reservation, start and hours.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.sweeping import FORGOTTEN_AFTER, Sweep
from notifications.models import Message
from notifications.services.writing import messages_to_customer, write_messages
from reservations.enums import Purpose, Source, Status
from reservations.messages.names import BookingMessage
from reservations.messages.snapshot import is_still_true, reservation_payload
from reservations.models import ReminderMark, Reservation
from resources.models import BookingRules

EVERY = timedelta(minutes=1)
OVERLAP = timedelta(minutes=2)
"""Looked at once more: a booking may be committed a little after its moment."""
BATCH = 500


def schedule_reminders(*, now: datetime) -> int:
    """Write reminders whose moment came since the last run; returns their number. At most once a minute."""
    mark = ReminderMark.objects.first() or ReminderMark.objects.create(until=now)
    # Several processes tick: whoever comes second within a minute has nothing to do.
    if now - mark.until < EVERY:
        return 0
    after = mark.until - OVERLAP
    run = Sweep("reservations.write_reminders", now=now)
    due = {str(reservation.pk): reservation for reservation in _find_near(after, now)}
    # What failed before lies behind the mark, where the look ahead would not find it.
    failed = _confirmed_bookings().filter(pk__in=run.failed_before(), starts_at__gt=now)
    failed_before = {
        str(reservation.pk): reservation for reservation in failed
    }  # before the mark, which only looks ahead

    def remind(key: str) -> int:
        since = now - FORGOTTEN_AFTER if key in failed_before else after
        return _write_due((failed_before | due)[key], since, now)

    written = sum(run.attempt(key, remind) or 0 for key in run.in_turn(list(due | failed_before)))
    # Only forwards: a slower run beside this one must not set the mark back.
    ReminderMark.objects.filter(until__lt=now).update(until=now)
    return written


def _write_due(reservation: Reservation, after: datetime, now: datetime) -> int:
    moments = {
        hours: reservation.starts_at - timedelta(hours=hours) for hours in reminder_hours_for(reservation)
    }
    due = [hours for hours, at in moments.items() if after < at <= now and reservation.created_at <= at]
    for hours in due:
        write_messages(_make_reminders(reservation, hours))
    return len(due)


def _make_reminders(reservation: Reservation, hours: int) -> list[Message]:
    key = f"{reservation.pk}:{reservation.starts_at:%Y%m%dT%H%M}:{hours}"
    return messages_to_customer(
        BookingMessage.REMINDER, key, reservation, reservation_payload(reservation) | {"hours": hours}
    )


def _find_near(after: datetime, now: datetime) -> Iterable[Reservation]:
    moments = Q(pk__in=[])
    for hours in _read_hours_in_use():
        ahead = timedelta(hours=hours)
        moments |= Q(starts_at__gt=max(after + ahead, now), starts_at__lte=now + ahead)
    return _confirmed_bookings().filter(moments).iterator(chunk_size=BATCH)


def _confirmed_bookings() -> QuerySet[Reservation]:
    bookings = Reservation.objects.filter(status=Status.CONFIRMED, purpose=Purpose.BOOKING)
    bookings = bookings.exclude(source=Source.IMPORT).order_by("starts_at", "pk").select_related("customer")
    return bookings.prefetch_related("items__resource__rules")


def _read_hours_in_use() -> set[int]:
    """All hours in rules and accounts, 168 at most. A rule with nonsense does not affect others."""
    rules = BookingRules.objects.order_by().values_list("reminder_hours", flat=True).distinct()
    people = User.objects.filter(wants_reminders=True).order_by()
    return {hours for hours_of_rule in rules for hours in hours_of_rule if isinstance(hours, int)} | set(
        people.values_list("reminder_hours", flat=True).distinct()
    )


def reminder_hours_for(reservation: Reservation) -> list[int]:
    """Hours before the start; rules say how often, accounts how early the first one comes, if at all."""
    rule_hours = {hours for item in reservation.items.all() for hours in item.resource.rules.reminder_hours}
    return choose_hours(rule_hours, reservation.customer)


def choose_hours(rule_hours: set[int], customer: User | None) -> list[int]:
    if customer is None or not rule_hours:
        return sorted(rule_hours)
    own_hours = customer.reminder_hours
    later = {hours for hours in rule_hours - {max(rule_hours)} if hours < own_hours}
    return sorted({own_hours, *later}) if customer.wants_reminders else []


def why_not_to_remind(message: Message) -> str:
    """Empty while the reminder is still true and wanted."""
    if _is_still_wanted(message):
        return ""
    return _("The booking was cancelled, moved or is over, or reminders are turned off.")


def _is_still_wanted(message: Message) -> bool:
    reservation: Reservation | None = message.about
    if reservation is None or reservation.starts_at <= clock.now():
        return False
    is_wanted = message.user is None or message.user.wants_reminders
    return is_wanted and is_still_true(message.payload, reservation)
