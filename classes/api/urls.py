from classes.api.bookings import SeatViewSet
from classes.api.facilitator import Dashboard, LedSeatViewSet, LedSessionViewSet, Profile
from classes.api.instalments import InstalmentViewSet
from classes.api.offers import ClassTypeViewSet
from classes.api.passes import PassKindViewSet, PassViewSet
from classes.api.pay_rates import PayRateViewSet
from classes.api.payouts import PayoutTable, PayoutViewSet
from classes.api.people import FacilitatorViewSet
from classes.api.session_steps import Line, RosterOf, Substitute
from classes.api.sessions import SessionViewSet
from classes.api.timetable import Timetable
from common.api_sets import Router
from common.api_views import either

router = Router()
router.register("sessions", SessionViewSet, "api-sessions")
router.register("bookings", SeatViewSet, "api-bookings")
router.register("facilitator/bookings", LedSeatViewSet, "api-facilitator-bookings")
router.register("facilitator/sessions", LedSessionViewSet, "api-facilitator-sessions")
router.register("facilitator/payouts", PayoutViewSet, "api-facilitator-payouts")
router.register("facilitators", FacilitatorViewSet, "api-facilitators")
router.register("class-types", ClassTypeViewSet, "api-class-types")
router.register("passes", PassViewSet, "api-passes")
router.register("instalments", InstalmentViewSet, "api-instalments")
router.register("pay-rates", PayRateViewSet, "api-pay-rates")
router.register("pass-kinds", PassKindViewSet, "api-pass-kinds")
urlpatterns = [
    *router.urls,
    *either("sessions/<int:id>/waitlist", Line.as_view(), "api-sessions-waitlist"),
    *either("sessions/<int:id>/substitute", Substitute.as_view(), "api-sessions-substitute"),
    *either("sessions/<int:id>/attendance", RosterOf.as_view(), "api-sessions-attendance"),
    *either("facilitator/dashboard", Dashboard.as_view(), "api-facilitator-dashboard"),
    *either("facilitator/profile", Profile.as_view(), "api-facilitator-profile"),
    *either("facilitator/payouts.csv", PayoutTable.as_view(), "api-facilitator-payouts-table"),
    *either("timetable", Timetable.as_view(), "api-timetable"),
]
