"""Feeds over HTTP, for calendar programs that poll often."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from calendars import busy_feed, feeds
from calendars.invitations import make_event_file
from calendars.kinds import kinds
from calendars.links import is_valid
from calendars.models import CalendarFeed
from calendars.permissions import is_readable
from calendars.services.feeds import note_use
from common import clock
from common.errors import NotFound
from reservations.selectors import reservation_by_link
from resources.models import Resource

CALENDAR = "text/calendar; charset=utf-8"


@require_safe
def feed(request: HttpRequest, feed_id: UUID, token: str) -> HttpResponseBase:
    """Raises ``NotFound`` alike for wrong, revoked and no longer permitted addresses."""
    feeds_ = CalendarFeed.objects.select_related("owner", "resource__venue", "venue")
    feed_ = feeds_.filter(pk=feed_id).first()
    if feed_ is None or not is_valid(feed_, token) or not is_readable(feed_):
        raise NotFound
    now = clock.now()
    note_use(feed_, now=now)
    if kinds[feed_.kind].shows_only_times and feed_.resource is not None:
        return _answer_busy(request, feed_.resource, now, feeds.language_of(feed_))
    window = feeds.FeedPeriod.around(now)
    state = feeds.read_state(feed_, window)
    # Calendar programs ask all day: most are answered from one aggregate, without reading events.
    if short_answer := _answer_without_body(request, state):
        return short_answer
    return _stream(request, feeds.write_feed(feed_, window, state), state)


@require_safe
def busy(request: HttpRequest, venue_slug: str, resource_slug: str) -> HttpResponseBase:
    public = Resource.objects.listed().select_related("venue")
    resource = public.filter(venue__slug=venue_slug, slug=resource_slug).first()
    if resource is None:
        raise NotFound
    return _answer_busy(request, resource, clock.now(), settings.LANGUAGE_CODE, "public")


@require_safe
def event(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    name, content = make_event_file(reservation)
    response = HttpResponse(content, content_type=CALENDAR)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer_busy(
    request: HttpRequest, resource: Resource, now: datetime, language: str, scope: str = "private"
) -> HttpResponseBase:
    # Who names a version needs no date. Looking for that would take longer than all the rest.
    state = busy_feed.read_state(resource, now, language, dated="If-None-Match" not in request.headers)
    if short_answer := _answer_without_body(request, state, scope):
        return short_answer
    spans = busy_feed.read_busy_spans(resource, now)
    return _stream(request, busy_feed.write_busy_feed(resource, spans, now, language), state, scope)


def _answer_without_body(
    request: HttpRequest, state: feeds.FeedState, scope: str = "private"
) -> HttpResponseBase | None:
    """The answer to HEAD, and 304 to clients that have this version; None when events must be read."""
    changed_at = int(state.changed_at.timestamp()) if state.changed_at else None
    short_answer = get_conditional_response(request, etag=state.tag, last_modified=changed_at)
    if short_answer is None and request.method == "HEAD":
        short_answer = HttpResponse(content_type=CALENDAR)
    return _with_headers(short_answer, state, scope) if short_answer is not None else None


def _stream(
    request: HttpRequest, pieces: Iterator[bytes], state: feeds.FeedState, scope: str = "private"
) -> HttpResponseBase:
    body = _read_async(pieces) if isinstance(request, ASGIRequest) else pieces
    response = StreamingHttpResponse(body, content_type=CALENDAR)
    response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return _with_headers(response, state, scope)


def _with_headers(response: HttpResponseBase, state: feeds.FeedState, scope: str) -> HttpResponseBase:
    response["ETag"] = state.tag
    if state.changed_at:
        response["Last-Modified"] = http_date(state.changed_at.timestamp())
    response["Cache-Control"] = f"{scope}, max-age=300"
    response["X-Robots-Tag"] = "noindex"
    return response


async def _read_async(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read in the request's own thread, so that the event loop never waits for the database."""
    while piece := await sync_to_async(_next_piece)(pieces):
        yield piece


def _next_piece(pieces: Iterator[bytes]) -> bytes:
    """Empty at the end."""
    return next(pieces, b"")
