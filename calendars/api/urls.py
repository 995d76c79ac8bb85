from calendars.api.external import ExternalCalendarViewSet
from calendars.api.feeds import FeedViewSet
from calendars.api.views import CalendarView
from common.api_sets import Router
from common.api_views import either

router = Router()
router.register("feeds", FeedViewSet, "api-feeds")
router.register("external-calendars", ExternalCalendarViewSet, "api-external-calendars")
urlpatterns = [*either("calendar", CalendarView.as_view(), "api-calendar"), *router.urls]
