"""Looking at external calendars: fetch, read, apply, and when to look again."""

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from calendars.fetching import Fetched, FetchFailed, fetch_file
from calendars.ical import uid_host
from calendars.models import ExternalCalendar
from calendars.parsing import read_calendar
from calendars.reading import Found, Unreadable
from calendars.services.applying import apply
from common.background import Queue, enqueue_after_commit
from common.clock import now as clock_now
from common.sweeping import sweep
from scheduling.zones import DAY, to_minute

LEASE = timedelta(minutes=10)
"""How long one worker has a calendar to itself; a dead one's is free again after that."""
QUEUED = timedelta(minutes=5)
"""How long a queued look may take to begin before it is queued again."""
DAYS_AHEAD = 366
MOST_AT_ONCE, MOST_WITHOUT_QUEUE = 50, 5
LONGEST_PAUSE = timedelta(days=1)
logger = logging.getLogger(__name__)


def fetch(*, calendar_id: UUID, now: datetime | None = None) -> bool:
    """Looks at one calendar; False when another worker is at it, or it is not looked at any more."""
    at = now or clock_now()
    mine = ExternalCalendar.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=at), pk=calendar_id, is_active=True
    )
    if not mine.update(claimed_until=at + LEASE):
        return False
    calendar = ExternalCalendar.objects.get(pk=calendar_id)
    try:
        _look(calendar, at)
    except (FetchFailed, Unreadable) as error:
        _record_failure(calendar, str(error), at)
    except InvalidToken:
        _record_failure(calendar, _("The address can no longer be read: give it again."), at)
    except Exception:
        logger.exception("External calendar %s could not be applied.", calendar.pk)
        _record_failure(calendar, _("Something went wrong here; it is tried again."), at)
    return True


def _look(calendar: ExternalCalendar, now: datetime) -> None:
    """Repeated events are written out anew every day, whether the file has changed or not."""
    afresh = calendar.expanded_on != now.date()
    fetched = fetch_file(calendar, afresh=afresh)
    if not afresh and (fetched.text is None or fetched.digest == calendar.content_hash):
        found = _known(calendar, now)
    else:
        found = _read(calendar, fetched, now)
    apply(calendar, found, now=now)
    _record_success(calendar, fetched, now)


def _read(calendar: ExternalCalendar, fetched: Fetched, now: datetime) -> list[Found]:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = to_minute(midnight)
    return read_calendar(
        fetched.text or b"",
        zone=calendar.resource.venue.zone_name,
        first=first,
        last=first + DAYS_AHEAD * DAY,
        host=uid_host(settings.SITE_URL),
    )


def _known(calendar: ExternalCalendar, now: datetime) -> list[Found]:
    """What was read the last time."""
    rows = calendar.events.filter(ends_at__gt=now).order_by("starts_at")
    return [
        Found(to_minute(row.starts_at), to_minute(row.ends_at), uid, row.summary)
        for row in rows
        for uid in row.uids
    ]


def _record_success(calendar: ExternalCalendar, fetched: Fetched, now: datetime) -> None:
    ExternalCalendar.objects.filter(pk=calendar.pk).update(
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


def _record_failure(calendar: ExternalCalendar, why: str, now: datetime) -> None:
    """What was blocked stays blocked; the pause doubles each time, up to a day."""
    failures = calendar.failures + 1
    pause = min(timedelta(minutes=calendar.interval) * 2 ** min(failures, 10), LONGEST_PAUSE)
    ExternalCalendar.objects.filter(pk=calendar.pk).update(
        last_fetched_at=now,
        next_fetch_at=now + pause,
        claimed_until=None,
        failures=failures,
        last_error=why[:500],
    )


def fetch_due(*, now: datetime) -> int:
    """Queues a look at every calendar that is due; without workers, looks at a few itself."""
    due = ExternalCalendar.objects.filter(is_active=True, next_fetch_at__lte=now).order_by("next_fetch_at")
    most = MOST_AT_ONCE if Queue.is_served() else MOST_WITHOUT_QUEUE
    ids = due.values_list("pk", flat=True)
    return sweep("calendars.fetch", ids, partial(_have_fetched, now=now), now=now, limit=most)


def _have_fetched(calendar_id: UUID, *, now: datetime) -> bool:
    """Whether it was due: somebody else may have queued it a moment ago."""
    from calendars.tasks import fetch_calendar

    due = ExternalCalendar.objects.filter(pk=calendar_id, next_fetch_at__lte=now)
    if not due.update(next_fetch_at=now + QUEUED):
        return False
    if Queue.is_served():
        enqueue_after_commit(fetch_calendar, str(calendar_id))
    else:
        fetch(calendar_id=calendar_id, now=now)
    return True
