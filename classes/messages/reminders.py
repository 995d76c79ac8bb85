"""In the evening everybody who teaches on the next day is told who is coming.

Every run looks at all of tomorrow, and of today for what no run has told last evening, and writes what was
not written yet: the key holds who and which day.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from classes.messages.names import ROSTER, ClassMessage
from classes.messages.people import teacher
from classes.models import Facilitator, Session
from common import clock
from notifications.models import Message
from notifications.services.writing import messages_to_customer, write_messages
from resources.models import Venue
from scheduling.zones import day_span, from_minute

EVENING = time(18)
"""On the venue's clock."""
TWO_DAYS = timedelta(days=2)


def sessions_on(day: date, venue: Venue) -> "list[Session]":
    start, end = (from_minute(minute) for minute in day_span(day, venue.zone_name))
    rows = Session.objects.active().filter(venue=venue, starts_at__gte=start, starts_at__lt=end)
    return list(rows.select_related("place", "venue").order_by("starts_at", "pk"))


def list_venues_tomorrow() -> Iterable[int]:
    now = clock.now()
    rows = Session.objects.active().filter(starts_at__gt=now, starts_at__lt=now + TWO_DAYS)
    return rows.order_by().values_list("venue_id", flat=True).distinct()


def tell_of_tomorrow(*, now: datetime, venue_id: int) -> int:
    """Returns how many rosters were written. Late is better than never, but not after the start."""
    venue = Venue.objects.get(pk=venue_id)
    local = now.astimezone(venue.zone)
    today, tomorrow = local.date(), local.date() + timedelta(days=1)
    written = _tell_of(today, _list_leading_still(today, venue, now))
    if local.time() >= EVENING:
        written += _tell_of(tomorrow, {session.facilitator_id for session in sessions_on(tomorrow, venue)})
    return written


def _list_leading_still(today: date, venue: Venue, now: datetime) -> set[int]:
    """Whose first session of the day has not begun; what was put up since last evening they know of."""
    evening, _end = (from_minute(minute) for minute in day_span(today, venue.zone_name))
    sessions = sessions_on(today, venue)
    begun = {session.facilitator_id for session in sessions if session.starts_at <= now}
    return {session.facilitator_id for session in sessions if session.created_at < evening} - begun


def _tell_of(day: date, leading: set[int]) -> int:
    if not leading:
        return 0
    rows = Facilitator.objects.filter(pk__in=leading - _find_told(leading, day)).select_related("user")
    messages = [message for each in rows.order_by("pk") for message in _make_roster(each, day)]
    write_messages(messages)
    return len(messages)


def _find_told(leading: Iterable[int], day: date) -> set[int]:
    told = Message.objects.filter(
        subject_type=ROSTER, subject_id__in=[str(id) for id in leading], kind=ClassMessage.PEOPLE_TOMORROW
    )
    rows = told.values_list("subject_id", "payload")
    return {int(id) for id, payload in rows if payload.get("on") == day.isoformat()}


def _make_roster(facilitator: Facilitator, day: date) -> list[Message]:
    about, on = teacher(facilitator, facilitator.pk), day.isoformat()
    return messages_to_customer(ClassMessage.PEOPLE_TOMORROW, f"{facilitator.pk}:{on}", about, {"on": on})
