"""Addresses of the calendars API, below ``/api/``."""

from calendars.api import feeds, views
from common.api_views import either

urlpatterns = [
    *either("calendar", views.CalendarView.as_view(), "api-calendar"),
    *either("feeds", feeds.Feeds.as_view(), "api-feeds"),
    *either("feeds/<uuid:id>", feeds.FeedDetail.as_view(), "api-feed"),
    *either("feeds/<uuid:id>/rotate", feeds.FeedRotate.as_view(), "api-feed-rotate"),
]
