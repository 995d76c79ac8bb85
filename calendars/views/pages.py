from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from calendars.feed_choices import list_choices, list_readable_feeds
from calendars.forms import FeedForm
from calendars.links import feed_url, webcal
from calendars.models import CalendarFeed
from calendars.services import ensure_customer_feed, make_feed, revoke_feed, rotate_feed


class FeedRow(NamedTuple):
    feed: CalendarFeed
    url: str
    webcal: str


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feeds(request: HttpRequest) -> HttpResponse:
    user = _signed_in_user(request)
    form = FeedForm(request.POST or None, offered=list_choices(user))
    if request.method == "POST" and form.is_valid():
        make_feed(user=user, **form.wanted)
        messages.success(request, _("Calendar link created."))
        return redirect("calendar-feeds")
    if request.method != "POST":
        ensure_customer_feed(user)
    own_rows = [FeedRow(feed, feed_url(feed), webcal(feed_url(feed))) for feed in list_readable_feeds(user)]
    context = {"rows": own_rows, "form": form}
    response = render(
        request, "calendars/feeds.html", context, status=200 if request.method != "POST" else 400
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@login_required
def rotate(request: HttpRequest, feed_id: UUID) -> HttpResponse:
    rotate_feed(feed_id=feed_id, user=_signed_in_user(request))
    messages.success(request, _("New calendar link created. The old one no longer works."))
    return redirect("calendar-feeds")


@require_POST
@login_required
def revoke(request: HttpRequest, feed_id: UUID) -> HttpResponse:
    revoke_feed(feed_id=feed_id, user=_signed_in_user(request))
    messages.success(request, _("Calendar link deleted."))
    return redirect("calendar-feeds")


def _signed_in_user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (login_required has seen to it)
    return request.user
