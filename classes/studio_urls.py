"""Pages of the staff of a venue with classes."""

from django.urls import path

from classes.views import studio, studio_moving, studio_passes, studio_pay, studio_retreats, studio_sessions

here = "studio/<slug:venue_slug>/"
one = f"{here}sessions/<int:session_id>/"
urlpatterns = [
    path("studio/", studio.choose_studio, name="studios"),
    path(here, studio.week, name="studio"),
    path(f"{here}people/", studio.people, name="studio-people"),
    path(f"{here}new/", studio_sessions.new, name="studio-new"),
    path(f"{here}retreat/", studio_retreats.retreat, name="studio-retreat"),
    path(f"{here}day/", studio_moving.call_off_day, name="studio-day"),
    path(one, studio_sessions.session, name="studio-session"),
    path(f"{one}change/", studio_moving.change, name="studio-change"),
    path(f"{one}prices/", studio_retreats.prices, name="studio-prices"),
    path(f"{one}call-off/", studio_moving.call_off, name="studio-call-off"),
    path(f"{here}passes/", studio_passes.passes, name="studio-passes"),
    path(f"{here}passes/<int:pass_id>/", studio_passes.one_pass, name="studio-pass"),
    path(f"{here}payouts/", studio_pay.payouts, name="studio-payouts"),
]
