"""Addresses of the calendar API, below ``/api/``."""

from calendars.api.views import CalendarView
from common.api_views import either

urlpatterns = either("calendar", CalendarView.as_view(), "api-calendar")
