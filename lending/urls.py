"""Pages for everybody. No venue's address is ``board``, ``desk`` or ``mine`` (``lending.pages``)."""

from django.urls import path

from lending.views import board, catalogue, loan, mine, thing

own = "lend/mine/<uuid:loan_id>/"
one = "lend/<slug:venue>/<slug:thing>/"
urlpatterns = [
    path("lend/", catalogue.catalogue, name="lend"),
    path("lend/mine/", mine.mine, name="lend-mine"),
    path("lend/mine/booking/<uuid:reservation_id>/", loan.of_booking, name="lend-booking"),
    path(own, loan.loan, name="lend-loan"),
    path(f"{own}return/", loan.give_back, name="lend-return"),
    path(f"{own}renew/", loan.renew, name="lend-renew"),
    path(f"{own}keep/", loan.keep, name="lend-keep"),
    path(f"{own}cancel/", loan.cancel, name="lend-cancel"),
    path(f"{own}pause/", loan.pause, name="lend-pause"),
    path(f"{own}resume/", loan.resume, name="lend-resume"),
    path(f"{own}edit/", loan.edit, name="lend-edit"),
    path("lend/board/<slug:venue>/", board.board, name="lend-board"),
    path("lend/<slug:venue>/", catalogue.of_venue, name="lend-venue"),
    path(one, thing.thing, name="lend-thing"),
    path(f"{one}request/", thing.request, name="lend-request"),
    path(f"{one}dates/", thing.request_dates, name="lend-dates"),
]
