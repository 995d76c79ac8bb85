"""Addresses of the reservation API, below ``/api/``."""

from common.api_views import either
from reservations.api import actions, holds, series, views

urlpatterns = [
    *either("holds", holds.HoldList.as_view(), "api-holds"),
    *either("holds/confirm", holds.HoldsConfirm.as_view(), "api-holds-confirm"),
    *either("holds/<uuid:id>", holds.HoldDetail.as_view(), "api-hold"),
    *either("holds/<uuid:id>/items", holds.HoldItems.as_view(), "api-hold-items"),
    *either("holds/<uuid:id>/items/<uuid:resource_id>", holds.HoldItem.as_view(), "api-hold-item"),
    *either("holds/<uuid:id>/extend", holds.HoldExtend.as_view(), "api-hold-extend"),
    *either("holds/<uuid:id>/confirm", holds.HoldConfirm.as_view(), "api-hold-confirm"),
    *either("reservations", views.ReservationList.as_view(), "api-reservations"),
    *either("reservations/my", views.MyReservationList.as_view(), "api-reservations-my"),
    *either("reservations/<uuid:id>", views.ReservationDetail.as_view(), "api-reservation"),
    *either("reservations/<uuid:id>/cancel", actions.ReservationCancel.as_view(), "api-reservation-cancel"),
    *either(
        "reservations/<uuid:id>/confirm", actions.ReservationConfirm.as_view(), "api-reservation-confirm"
    ),
    *either(
        "reservations/<uuid:id>/decline", actions.ReservationDecline.as_view(), "api-reservation-decline"
    ),
    *either(
        "reservations/<uuid:id>/check-in", actions.ReservationCheckIn.as_view(), "api-reservation-check-in"
    ),
    *either(
        "reservations/<uuid:id>/complete", actions.ReservationComplete.as_view(), "api-reservation-complete"
    ),
    *either("reservations/<uuid:id>/no-show", actions.ReservationNoShow.as_view(), "api-reservation-no-show"),
    *either(
        "reservations/<uuid:id>/history", actions.ReservationHistory.as_view(), "api-reservation-history"
    ),
    *either(
        "reservations/<uuid:id>/payments", actions.ReservationPayments.as_view(), "api-reservation-payments"
    ),
    *either("series", series.SeriesList.as_view(), "api-series-list"),
    *either("series/preview", series.SeriesPreviewView.as_view(), "api-series-preview"),
    *either("series/<uuid:id>", series.SeriesDetail.as_view(), "api-series"),
    *either("series/<uuid:id>/cancel", series.SeriesCancel.as_view(), "api-series-cancel"),
]
