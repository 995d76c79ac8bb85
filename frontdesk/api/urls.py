from common.api_sets import Router
from frontdesk.api.planning import ScheduleViewSet, SpecialEventViewSet

router = Router()
router.register("schedule", ScheduleViewSet, "api-schedule")
router.register("special-events", SpecialEventViewSet, "api-special-events")
urlpatterns = router.urls
