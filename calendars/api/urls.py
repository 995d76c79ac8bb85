from calendars.api.external import ExternalCalendarViewSet
from calendars.api.feeds import FeedViewSet
from calendars.api.views import CalendarViewSet
from common.api_sets import Router

router = Router()
router.register("calendar", CalendarViewSet, "api-calendar")
router.register("feeds", FeedViewSet, "api-feeds")
router.register("external-calendars", ExternalCalendarViewSet, "api-external-calendars")
urlpatterns = router.urls
