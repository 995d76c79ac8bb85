"""Pages of facilitators."""

from django.urls import path

from classes.views import (
    teaching,
    teaching_changes,
    teaching_money,
    teaching_new,
    teaching_profile,
    teaching_retreats,
    teaching_roster,
    teaching_substitutes,
)

one = "teach/sessions/<int:session_id>/"
urlpatterns = [
    path("teach/", teaching.teach, name="teach"),
    path("teach/later/", teaching.later, name="teach-later"),
    path("teach/join/", teaching.join, name="teach-join"),
    path("teach/new/", teaching_new.new, name="teach-new"),
    path("teach/retreat/", teaching_retreats.retreat, name="teach-retreat"),
    path("teach/copy/", teaching_new.copy, name="teach-copy"),
    path("teach/revenue/", teaching_money.revenue, name="teach-revenue"),
    path("teach/revenue/lines/", teaching_money.lines, name="teach-lines"),
    path("teach/profile/", teaching_profile.profile, name="teach-profile"),
    path(one, teaching_roster.session, name="teach-session"),
    path(f"{one}attendance/", teaching_roster.attendance, name="teach-attendance"),
    path(f"{one}walk-in/", teaching_roster.walk_in, name="teach-walk-in"),
    path(f"{one}letter/", teaching_roster.letter, name="teach-letter"),
    path(f"{one}change/", teaching_changes.change, name="teach-change"),
    path(f"{one}prices/", teaching_retreats.prices, name="teach-prices"),
    path(f"{one}call-off/", teaching_changes.call_off, name="teach-call-off"),
    path(f"{one}substitute/", teaching_substitutes.substitute, name="teach-substitute"),
    path(f"{one}answer/", teaching_substitutes.answer, name="teach-answer"),
]
