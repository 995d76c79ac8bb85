from django.urls import path

from frontdesk.views import editing, joining, planning

urlpatterns = [
    path("calendar/new/", planning.new, name="calendar-new"),
    path("calendar/reservations/<uuid:reservation_id>/edit/", editing.edit, name="calendar-edit"),
    path("calendar/reservations/<uuid:reservation_id>/move/", editing.move, name="calendar-move"),
    path("team/<uuid:invitation_id>/<str:token>/", joining.invitation, name="team-invitation"),
]
