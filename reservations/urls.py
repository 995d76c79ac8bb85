"""Addresses of the booking pages."""

from django.urls import path

from reservations.views import finding, managing, searching

link = "bookings/<uuid:reservation_id>/<str:token>/"
urlpatterns = [
    path("", searching.home, name="home"),
    path("resources/<uuid:resource_id>/", finding.resource_day, name="resource-day"),
    path("resources/<uuid:resource_id>/hold/", finding.hold, name="hold"),
    path("groups/<uuid:group_id>/", finding.group_day, name="group-day"),
    path("groups/<uuid:group_id>/hold/", finding.group_hold, name="group-hold"),
    path("my/", managing.mine, name="my-reservations"),
    path(link, managing.manage, name="reservation-manage"),
    path(f"{link}details/", managing.details, name="reservation-details"),
    path(f"{link}release/", managing.release, name="reservation-release"),
    path(f"{link}reschedule/", managing.reschedule, name="reservation-reschedule"),
    path(f"{link}cancel/", managing.cancel, name="reservation-cancel"),
]
