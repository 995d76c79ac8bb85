"""Addresses of the waitlist API, below ``/api/``."""

from common.api_views import either
from waitlist.api import views

urlpatterns = [
    *either("waitlist", views.Waitlist.as_view(), "api-waitlist"),
    *either("waitlist/<uuid:id>", views.WaitlistDetail.as_view(), "api-waitlist-entry"),
    *either("waitlist/<uuid:id>/offers", views.WaitlistOffers.as_view(), "api-waitlist-offers"),
    *either(
        "waitlist/<uuid:id>/offers/<uuid:offer_id>/accept",
        views.WaitlistOfferAccept.as_view(),
        "api-waitlist-offer-accept",
    ),
    *either(
        "waitlist/<uuid:id>/offers/<uuid:offer_id>/decline",
        views.WaitlistOfferDecline.as_view(),
        "api-waitlist-offer-decline",
    ),
]
