"""Addresses of the booking pages."""

from django.urls import path

from reservations.views import cancelling, editing, finding, lost, managing, mine, moving, receipts

link = "bookings/<uuid:reservation_id>/<str:token>/"
urlpatterns = [
    path("", finding.home, name="home"),
    path("resources/<uuid:resource_id>/", finding.resource_day, name="resource-day"),
    path("resources/<uuid:resource_id>/hold/", finding.hold, name="hold"),
    path("my/", mine.mine, name="my-reservations"),
    path("find-my-booking/", lost.find_my_booking, name="find-my-booking"),
    path(link, managing.manage, name="reservation-manage"),
    path(f"{link}details/", managing.details, name="reservation-details"),
    path(f"{link}release/", managing.release, name="reservation-release"),
    path(f"{link}reschedule/", moving.reschedule, name="reservation-reschedule"),
    path(f"{link}cancel/", cancelling.cancel, name="reservation-cancel"),
    path(f"{link}edit/", editing.edit, name="reservation-edit"),
    path(f"{link}receipt/", receipts.receipt, name="reservation-receipt"),
]
