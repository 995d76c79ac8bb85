from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from calendars.feeds import FeedPeriod
from classes.ical import MOST_EVENTS, make_version, write_sessions
from classes.selectors import timetable_of
from classes.views.timetable import make_filters
from classes.visiting import find_venue
from common import clock
from common.errors import NotFound

CALENDAR = "text/calendar; charset=utf-8"


@require_safe
def calendar(request: HttpRequest, venue: str) -> HttpResponse:
    """A venue's sessions, or a teacher's or a type's there, to subscribe to. Raises ``NotFound``."""
    found = find_venue(request.user, venue)
    form = make_filters(request, found)
    if not form.is_valid():
        raise NotFound
    period = FeedPeriod.around(clock.now())
    rows = timetable_of(found.pk, period.first, period.last).published(period.now)
    sessions = list(form.wanted().narrow(rows).select_related("reservation")[:MOST_EVENTS])
    tag = make_version(found, sessions, found.name)
    response = get_conditional_response(request, etag=tag)
    if response is None:
        text = b"".join(write_sessions(found, sessions, found.name, period))
        response = HttpResponse(text, content_type=CALENDAR)
        response["Content-Disposition"] = 'inline; filename="classes.ics"'
    response["ETag"] = tag
    response["Cache-Control"] = "public, max-age=300"
    return response
