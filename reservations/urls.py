"""Addresses of the booking pages."""

from django.urls import path

from reservations.views import (
    booking,
    cancelling,
    carts,
    confirmation,
    editing,
    finding,
    lost,
    mine,
    moving,
    receipts,
    repeating,
    searching,
    series,
)

link = "bookings/<uuid:reservation_id>/<str:token>/"
urlpatterns = [
    path("", searching.home, name="home"),
    path("resources/<uuid:resource_id>/", finding.resource_day, name="resource-day"),
    path("resources/<uuid:resource_id>/hold/", finding.hold, name="hold"),
    path("groups/<uuid:group_id>/", finding.group_day, name="group-day"),
    path("groups/<uuid:group_id>/hold/", finding.group_hold, name="group-hold"),
    path("resources/<uuid:resource_id>/repeat/", repeating.repeat, name="resource-repeat"),
    path("cart/", carts.cart, name="cart"),
    path("cart/book/", carts.book_all, name="cart-book"),
    path("cart/booked/", carts.booked, name="cart-booked"),
    path("my/", mine.mine, name="my-reservations"),
    path("find-my-booking/", lost.find_my_booking, name="find-my-booking"),
    path(link, confirmation.manage, name="reservation-manage"),
    path(f"{link}ticket/", confirmation.ticket, name="reservation-ticket"),
    path(f"{link}qr.svg", confirmation.qr, name="reservation-qr"),
    path(f"{link}details/", booking.details, name="reservation-details"),
    path(f"{link}again/", booking.again, name="reservation-again"),
    path(f"{link}extend/", booking.extend, name="reservation-extend"),
    path(f"{link}add/", booking.add, name="reservation-add"),
    path(f"{link}remove/", booking.remove, name="reservation-remove"),
    path(f"{link}release/", booking.release, name="reservation-release"),
    path(f"{link}reschedule/", moving.reschedule, name="reservation-reschedule"),
    path(f"{link}cancel/", cancelling.cancel, name="reservation-cancel"),
    path(f"{link}edit/", editing.edit, name="reservation-edit"),
    path(f"{link}receipt/", receipts.receipt, name="reservation-receipt"),
    path(f"{link}series/", series.dates, name="reservation-series"),
    path(f"{link}series/cancel/", series.cancel, name="reservation-series-cancel"),
    path(f"{link}series/move/", series.move, name="reservation-series-move"),
]
