from common.api_sets import Router
from search.api.free import TimeslotViewSet
from search.api.probing import AvailabilityViewSet
from search.api.quotes import QuoteViewSet, ReservationQuoteViewSet
from search.api.searching import FirstAvailableViewSet, SearchViewSet

router = Router()
router.register("timeslots", TimeslotViewSet, "api-timeslots")
router.register("availability", AvailabilityViewSet, "api-availability")
router.register("search", SearchViewSet, "api-search")
router.register("first-available", FirstAvailableViewSet, "api-first-available")
router.register("quotes", QuoteViewSet, "api-quotes")
router.register("reservations", ReservationQuoteViewSet, "api-reservation")
urlpatterns = router.urls
