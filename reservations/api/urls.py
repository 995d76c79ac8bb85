from common.api_sets import Router
from reservations.api.holds import HoldViewSet
from reservations.api.series import SeriesViewSet
from reservations.api.views import ReservationViewSet

router = Router()
router.register("holds", HoldViewSet, "api-holds")
router.register("reservations", ReservationViewSet, "api-reservations")
router.register("series", SeriesViewSet, "api-series")
urlpatterns = router.urls
