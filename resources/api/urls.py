"""Addresses of the resource API, below ``/api/``."""

from common.api_sets import Router
from resources.api.groups import FeatureViewSet, GroupViewSet
from resources.api.holidays import HolidayViewSet
from resources.api.overrides import OverrideViewSet
from resources.api.prices import PriceRuleViewSet
from resources.api.questions import QuestionViewSet
from resources.api.rules import PolicyViewSet, RulesViewSet
from resources.api.templates import TemplateViewSet
from resources.api.venues import VenueViewSet
from resources.api.views import ResourceViewSet

router = Router()
router.register("resources", ResourceViewSet, "api-resources")
router.register("timeslot-templates", TemplateViewSet, "api-timeslot-templates")
router.register("venues", VenueViewSet, "api-venues")
router.register("rules", RulesViewSet, "api-rules")
router.register("cancellation-policies", PolicyViewSet, "api-cancellation-policies")
router.register("price-rules", PriceRuleViewSet, "api-price-rules")
router.register("questions", QuestionViewSet, "api-questions")
router.register("overrides", OverrideViewSet, "api-overrides")
router.register("groups", GroupViewSet, "api-groups")
router.register("features", FeatureViewSet, "api-features")
router.register("holidays", HolidayViewSet, "api-holidays")
urlpatterns = router.urls
