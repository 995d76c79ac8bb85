"""One's own feeds: addresses to copy, new ones, and an end to old ones."""

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
from calendars.choices import choices_for, own_feeds
from calendars.forms import FeedForm
from calendars.links import feed_url, webcal
from calendars.models import CalendarFeed
from calendars.services import customer_feed, make_feed, revoke_feed, rotate_feed


class Shown(NamedTuple):
    feed: CalendarFeed
    url: str
    webcal: str


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def feeds(request: HttpRequest) -> HttpResponse:
    """All of one's own; posting makes another."""
    user = _account(request)
    form = FeedForm(request.POST or None, offered=choices_for(user))
    if request.method == "POST" and form.is_valid():
        make_feed(user=user, **form.wanted)
        messages.success(request, _("The calendar has an address now."))
        return redirect("calendar-feeds")
    if request.method == "GET":
        customer_feed(user)
    rows = [Shown(each, feed_url(each), webcal(feed_url(each))) for each in own_feeds(user)]
    context = {"rows": rows, "form": form}
    response = render(
        request, "calendars/feeds.html", context, status=200 if request.method == "GET" else 400
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@login_required
def rotate(request: HttpRequest, feed_id: UUID) -> HttpResponse:
    rotate_feed(feed_id=feed_id, user=_account(request))
    messages.success(request, _("The calendar has a new address; the old one has ended."))
    return redirect("calendar-feeds")


@require_POST
@login_required
def revoke(request: HttpRequest, feed_id: UUID) -> HttpResponse:
    revoke_feed(feed_id=feed_id, user=_account(request))
    messages.success(request, _("The address has ended."))
    return redirect("calendar-feeds")


def _account(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (login_required has seen to it)
    return request.user
