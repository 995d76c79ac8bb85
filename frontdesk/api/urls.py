from common.api_views import either
from frontdesk.api import planning

urlpatterns = [
    *either("schedule/closures", planning.Closures.as_view(), "api-schedule-closures"),
    *either("schedule/shifts", planning.Shifts.as_view(), "api-schedule-shifts"),
    *either("schedule/relocations", planning.Relocations.as_view(), "api-schedule-relocations"),
    *either("special-events", planning.SpecialEvents.as_view(), "api-special-events"),
]
