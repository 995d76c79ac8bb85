from django.urls import path

from calendars.views import board, events, feeds, pages

urlpatterns = [
    path("calendar/", board.index, name="calendar"),
    path("calendar/day/<str:on>/", board.day, name="calendar-day"),
    path("calendar/week/<str:on>/", board.week, name="calendar-week"),
    path("calendar/month/<str:on>/", board.month_page, name="calendar-month"),
    path("calendar/timeline/<str:on>/", board.timeline, name="calendar-timeline"),
    path("calendar/events/<str:on>/", events.events, name="calendar-events"),
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
