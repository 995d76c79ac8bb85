"""Pages for everybody. No venue's address is one of ``RESERVED``."""

from django.urls import path

from classes.views import booking, calendar, paying, pictures, session, timetable, waiting

RESERVED = ("again", "instalments", "mine", "passes")
one = "classes/<slug:venue>/<int:session_id>/"
urlpatterns = [
    path("classes/", timetable.venues, name="classes"),
    path("classes/again/<int:booking_id>/", booking.again, name="classes-again"),
    path("classes/instalments/<int:instalment_id>/pay/", paying.instalment, name="classes-pay-instalment"),
    path("classes/passes/<int:pass_id>/pay/", paying.owned_pass, name="classes-pay-pass"),
    path("classes/<slug:venue>/", timetable.timetable, name="classes-venue"),
    path("classes/<slug:venue>/calendar.ics", calendar.calendar, name="classes-calendar"),
    path("classes/<slug:venue>/passes/", paying.passes, name="classes-passes"),
    path("classes/<slug:venue>/passes/buy/", paying.buy, name="classes-buy-pass"),
    path("media/facilitators/<str:name>", pictures.facilitator, name="facilitator-photo"),
    path(one, session.session, name="classes-session"),
    path(f"{one}book/", booking.book, name="classes-book"),
    path(f"{one}wait/", waiting.wait, name="classes-wait"),
]
