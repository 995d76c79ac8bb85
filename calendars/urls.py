"""Addresses of feeds, files and the page about them."""

from django.urls import path

from calendars.views import feeds, pages

urlpatterns = [
    path(
        "calendars/resources/<slug:venue_slug>/<slug:resource_slug>/busy.ics",
        feeds.busy,
        name="calendar-busy",
    ),
    path("calendars/<uuid:feed_id>/<str:token>.ics", feeds.feed, name="calendar-feed"),
    path("bookings/<uuid:reservation_id>/<str:token>/event.ics", feeds.event, name="reservation-event"),
    path("account/calendars/", pages.feeds, name="calendar-feeds"),
    path("account/calendars/<uuid:feed_id>/rotate/", pages.rotate, name="calendar-feed-rotate"),
    path("account/calendars/<uuid:feed_id>/revoke/", pages.revoke, name="calendar-feed-revoke"),
]
