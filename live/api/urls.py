"""Addresses of live updates below ``/api/``."""

from common.api_views import either
from live.api.tickets import TicketsView
from live.api.views import ChangesView

urlpatterns = [
    *either("changes", ChangesView.as_view(), "api-changes"),
    *either("stream-tickets", TicketsView.as_view(), "api-stream-tickets"),
]
