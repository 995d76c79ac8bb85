"""Addresses of live updates below ``/api/``."""

from common.api_views import either
from live.api.views import Changes

urlpatterns = [*either("changes", Changes.as_view(), "api-changes")]
