from common.api_sets import Router
from common.api_views import either
from lending.api.copies import CopyViewSet
from lending.api.loans import LoanViewSet
from lending.api.reports import FairnessReport, UseReport
from lending.api.rules import LendingRulesViewSet
from lending.api.scan import Scan
from lending.api.things import ThingViewSet

router = Router()
router.register("lending/things", ThingViewSet, "api-lending-things")
router.register("lending/loans", LoanViewSet, "api-lending-loans")
router.register("lending/copies", CopyViewSet, "api-lending-copies")
router.register("lending/rules", LendingRulesViewSet, "api-lending-rules")
urlpatterns = [
    *router.urls,
    *either("lending/scan", Scan.as_view(), "api-lending-scan"),
    *either("lending/reports/fairness", FairnessReport.as_view(), "api-lending-fairness"),
    *either("lending/reports/use", UseReport.as_view(), "api-lending-use"),
]
