"""Addresses of the reservation API, below ``/api/``."""

from common.api_views import either
from reservations.api import free, views

urlpatterns = [
    *either("timeslots", free.Timeslots.as_view(), "api-timeslots"),
    *either("availability", free.Availability.as_view(), "api-availability"),
    *either("reservations", views.ReservationList.as_view(), "api-reservations"),
    *either("reservations/<uuid:id>", views.ReservationDetail.as_view(), "api-reservation"),
    *either("reservations/<uuid:id>/cancel", views.ReservationCancel.as_view(), "api-reservation-cancel"),
]
