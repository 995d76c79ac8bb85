import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from calendars.fetching import Fetched, FetchFailed, fetch_file
from calendars.ical import uid_host
from calendars.ical_reading import BusySpan, Reading, Unreadable
from calendars.models import ExternalCalendar
from calendars.reports import MOST_PROBLEMS, describe_error
from calendars.sandboxed_reading import read_calendar
from calendars.services.applying import apply_calendar
from common.background import Queue, enqueue_after_commit
from common.clock import now as clock_now
from common.sweeping import sweep
from scheduling.zones import DAY, from_minute, to_minute

LEASE = timedelta(minutes=10)
"""How long one worker has a calendar to itself; a dead worker's is free again afterwards."""
QUEUED = timedelta(minutes=5)
"""How long a queued fetch may take to begin before it is queued again."""
DAYS_AHEAD = 366
MOST_AT_ONCE, MOST_WITHOUT_QUEUE = 50, 5
LONGEST_PAUSE = timedelta(days=1)
logger = logging.getLogger(__name__)


def fetch_external_calendar(*, calendar_id: UUID, now: datetime | None = None) -> bool:
    """Fetch one calendar; False when another worker has it, or it is not active."""
    at = now or clock_now()
    claimable = ExternalCalendar.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=at), pk=calendar_id, is_active=True
    )
    # One statement claims it, so that of two workers only one goes on.
    if not claimable.update(claimed_until=at + LEASE):
        return False
    calendar = ExternalCalendar.objects.get(pk=calendar_id)
    # Whatever goes wrong is recorded and retried later: a stranger's file must not stop the others.
    try:
        _fetch_and_apply(calendar, at)
    except FetchFailed as error:
        _record_failure(calendar, str(error), at)
    except Unreadable as error:
        _record_failure(calendar, describe_error(str(error)), at)
    except InvalidToken:
        _record_failure(calendar, _("We can't read the address any more. Enter it again."), at)
    except Exception:
        logger.exception("External calendar %s could not be applied.", calendar.pk)
        _record_failure(calendar, _("Something went wrong on our side. We'll try again."), at)
    return True


def _fetch_and_apply(calendar: ExternalCalendar, now: datetime) -> None:
    """Repeated events are expanded anew every day, whether the file has changed or not."""
    afresh = calendar.expanded_on != now.date()
    fetched = fetch_file(calendar, afresh=afresh)
    if not afresh and (fetched.text is None or fetched.digest == calendar.content_hash):
        spans, reading = _list_recorded_spans(calendar, now), None
    else:
        reading = _read_file(calendar, fetched, now)
        spans = reading.spans
    # Applied even when nothing changed: bookings may have gone, so that a conflict can be blocked now.
    apply_calendar(calendar, spans, now=now)
    _record_success(calendar, fetched, reading, now)


def _read_file(calendar: ExternalCalendar, fetched: Fetched, now: datetime) -> Reading:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = to_minute(midnight)
    return read_calendar(
        fetched.text or b"",
        zone=calendar.resource.venue.zone_name,
        first=first,
        last=first + DAYS_AHEAD * DAY,
        host=uid_host(settings.SITE_URL),
    )


def _list_recorded_spans(calendar: ExternalCalendar, now: datetime) -> list[BusySpan]:
    events = calendar.events.filter(ends_at__gt=now).order_by("starts_at")
    return [
        BusySpan(to_minute(event.starts_at), to_minute(event.ends_at), uid, event.summary)
        for event in events
        for uid in event.uids
    ]


def _record_success(
    calendar: ExternalCalendar, fetched: Fetched, reading: Reading | None, now: datetime
) -> None:
    """``reading`` is None for a file that is as it was."""
    ExternalCalendar.objects.filter(pk=calendar.pk).update(
        **(_describe_reading(reading) if reading else {}),
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        content_hash=fetched.digest,
        expanded_on=now.date(),
        last_fetched_at=now,
        last_success_at=now,
        next_fetch_at=now + timedelta(minutes=calendar.interval),
        claimed_until=None,
        failures=0,
        last_error="",
    )


def _describe_reading(reading: Reading) -> dict[str, Any]:
    until = None if reading.until is None else from_minute(reading.until)
    return {"problems": reading.problems[:MOST_PROBLEMS], "read_until": until}


def _record_failure(calendar: ExternalCalendar, reason: str, now: datetime) -> None:
    """Blocks stay; the pause doubles each time, up to a day."""
    failures = calendar.failures + 1
    pause = min(timedelta(minutes=calendar.interval) * 2 ** min(failures, 10), LONGEST_PAUSE)
    ExternalCalendar.objects.filter(pk=calendar.pk).update(
        last_fetched_at=now,
        next_fetch_at=now + pause,
        claimed_until=None,
        failures=failures,
        last_error=reason[:500],
    )


def fetch_due_calendars(*, now: datetime) -> int:
    """Queue every calendar that is due; without workers, fetch a few right here."""
    due = ExternalCalendar.objects.filter(is_active=True, next_fetch_at__lte=now).order_by("next_fetch_at")
    most = MOST_AT_ONCE if Queue.is_served() else MOST_WITHOUT_QUEUE
    ids = due.values_list("pk", flat=True)
    return sweep("calendars.fetch", ids, partial(_dispatch_fetch, now=now), now=now, limit=most)


def _dispatch_fetch(calendar_id: UUID, *, now: datetime) -> bool:
    from calendars.tasks import fetch_calendar

    due = ExternalCalendar.objects.filter(pk=calendar_id, next_fetch_at__lte=now)
    # Taking it off the due list first keeps two sweeps from queueing it twice.
    if not due.update(next_fetch_at=now + QUEUED):
        return False
    if Queue.is_served():
        enqueue_after_commit(fetch_calendar, str(calendar_id))
    else:
        fetch_external_calendar(calendar_id=calendar_id, now=now)
    return True
