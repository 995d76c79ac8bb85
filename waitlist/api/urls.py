from common.api_sets import Router
from waitlist.api.views import WaitlistViewSet

router = Router()
router.register("waitlist", WaitlistViewSet, "api-waitlist")
urlpatterns = router.urls
