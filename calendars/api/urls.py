"""Addresses of the calendars API, below ``/api/``."""

from calendars.api import external, feeds, views
from common.api_views import either

urlpatterns = [
    *either("calendar", views.CalendarView.as_view(), "api-calendar"),
    *either("feeds", feeds.Feeds.as_view(), "api-feeds"),
    *either("feeds/<uuid:id>", feeds.FeedDetail.as_view(), "api-feed"),
    *either("feeds/<uuid:id>/rotate", feeds.FeedRotate.as_view(), "api-feed-rotate"),
    *either("external-calendars", external.ExternalCalendars.as_view(), "api-external-calendars"),
    *either(
        "external-calendars/<uuid:id>", external.ExternalCalendarDetail.as_view(), "api-external-calendar"
    ),
    *either(
        "external-calendars/<uuid:id>/fetch",
        external.ExternalCalendarFetch.as_view(),
        "api-external-calendar-fetch",
    ),
    *either(
        "external-calendars/<uuid:id>/events",
        external.ExternalCalendarEvents.as_view(),
        "api-external-calendar-events",
    ),
]
