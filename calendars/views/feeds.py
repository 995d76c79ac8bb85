"""Feeds over HTTP: for calendar programs, which come often and want to hear that nothing has changed."""

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
from rest_framework.throttling import BaseThrottle

from calendars import busy_feed, feeds
from calendars.invitations import event_file
from calendars.kinds import kinds
from calendars.links import is_valid
from calendars.models import CalendarFeed
from calendars.permissions import is_readable
from calendars.services.feeds import note_use
from common import clock
from common.errors import DomainError, NotFound
from common.throttling import consume_allowance
from reservations.selectors import reservation_by_link
from resources.models import Resource

CALENDAR = "text/calendar; charset=utf-8"


class TooOften(DomainError):
    code = "throttled"
    status = 429
    message = "This calendar is read too often."


@require_safe
def feed(request: HttpRequest, feed_id: UUID, token: str) -> HttpResponseBase:
    """Raises the same ``NotFound`` for wrong, revoked and no longer allowed."""
    require_patience(request)
    known = CalendarFeed.objects.select_related("owner", "resource__venue", "venue")
    found = known.filter(pk=feed_id).first()
    if found is None or not is_valid(found, token) or not is_readable(found):
        raise NotFound
    now = clock.now()
    note_use(found, now=now)
    if kinds[found.kind].shows_only_times and found.resource is not None:
        return _busy(request, found.resource, now, feeds.language_of(found))
    window = feeds.Window.around(now)
    state = feeds.state_of(found, window)
    if early := _unchanged(request, state):
        return early
    return _sent(request, feeds.pieces(found, window, state), state)


@require_safe
def busy(request: HttpRequest, venue_slug: str, resource_slug: str) -> HttpResponseBase:
    """What everybody may know of a resource that can be booked: when it is taken."""
    require_patience(request)
    public = Resource.objects.bookable().select_related("venue")
    resource = public.filter(venue__slug=venue_slug, slug=resource_slug).first()
    if resource is None:
        raise NotFound
    return _busy(request, resource, clock.now(), settings.LANGUAGE_CODE, "public")


@require_safe
def event(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """One reservation as a file, for whoever has its link."""
    reservation = reservation_by_link(reservation_id, token)
    name, content = event_file(reservation)
    response = HttpResponse(content, content_type=CALENDAR)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def require_patience(request: HttpRequest) -> None:
    """Counts the request as a guest's reading. Raises ``TooOften``."""
    allowance = consume_allowance("read_guest", BaseThrottle().get_ident(request))  # type: ignore[arg-type]
    if allowance.remaining < 0:
        error = TooOften()
        error.retry_after = max(allowance.reset, 1)
        raise error


def _busy(
    request: HttpRequest, resource: Resource, now: datetime, language: str, scope: str = "private"
) -> HttpResponseBase:
    found = busy_feed.busy_of(resource, now)
    if early := _unchanged(request, found.state, scope):
        return early
    return _sent(request, busy_feed.pieces(resource, found, now, language), found.state, scope)


def _unchanged(request: HttpRequest, state: feeds.State, scope: str = "private") -> HttpResponseBase | None:
    """The answer to HEAD, and 304 to who has this version; None when the events have to be read."""
    changed = int(state.changed_at.timestamp())
    early = get_conditional_response(request, etag=state.tag, last_modified=changed)
    if early is None and request.method == "HEAD":
        early = HttpResponse(content_type=CALENDAR)
    return _labelled(early, state, scope) if early is not None else None


def _sent(
    request: HttpRequest, pieces: Iterator[bytes], state: feeds.State, scope: str = "private"
) -> HttpResponseBase:
    body = _awaited(pieces) if isinstance(request, ASGIRequest) else pieces
    response = StreamingHttpResponse(body, content_type=CALENDAR)
    response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return _labelled(response, state, scope)


def _labelled(response: HttpResponseBase, state: feeds.State, scope: str) -> HttpResponseBase:
    response["ETag"] = state.tag
    response["Last-Modified"] = http_date(state.changed_at.timestamp())
    response["Cache-Control"] = f"{scope}, max-age=300"
    response["X-Robots-Tag"] = "noindex"
    return response


async def _awaited(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Reads in the request's own thread, so that the event loop never waits for the database."""
    while piece := await sync_to_async(_following)(pieces):
        yield piece


def _following(pieces: Iterator[bytes]) -> bytes:
    """Empty at the end."""
    return next(pieces, b"")
