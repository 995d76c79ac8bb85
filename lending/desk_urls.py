"""Staff's pages; before the customers', of which ``desk`` would be a venue."""

from django.urls import path

from lending.views import desk, desk_loans, desk_queues, desk_things, reports

here = "lend/desk/<slug:venue_slug>/"
urlpatterns = [
    path("lend/desk/", desk.choose_desk, name="lend-desks"),
    path(here, desk.desk, name="lend-desk"),
    path(f"{here}loans/<uuid:loan_id>/", desk_loans.loan, name="lend-desk-loan"),
    path(f"{here}new/", desk_loans.lend, name="lend-desk-new"),
    path(f"{here}queues/<int:queue_id>/", desk_queues.queue, name="lend-desk-queue"),
    path(f"{here}things/", desk_things.things, name="lend-desk-things"),
    path(f"{here}things/<uuid:thing_id>/", desk_things.thing, name="lend-desk-thing"),
    path(f"{here}labels/", desk_things.labels, name="lend-desk-labels"),
    path(f"{here}fairness/", reports.fairness, name="lend-fairness"),
    path(f"{here}use/", reports.use, name="lend-use"),
]
