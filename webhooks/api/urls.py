from common.api_sets import Router
from webhooks.api.views import WebhookViewSet

router = Router()
router.register("webhooks", WebhookViewSet, "api-webhooks")
urlpatterns = router.urls
