from django.urls import path

from frontdesk.views import editing, planning

urlpatterns = [
    path("calendar/new/", planning.new, name="calendar-new"),
    path("calendar/reservations/<uuid:reservation_id>/edit/", editing.edit, name="calendar-edit"),
    path("calendar/reservations/<uuid:reservation_id>/move/", editing.move, name="calendar-move"),
]
