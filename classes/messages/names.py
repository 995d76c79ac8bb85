from django.db import models
from django.utils.translation import gettext_lazy as _

SEAT = "class_seat"
ROSTER = "class_roster"
"""The type of subjects of rosters: facilitators."""
PROFILE = "class_facilitator"
LEFT = "class_left"
"""The type of subjects of what is cancelled: facilitators, too."""


class ClassMessage(models.TextChoices):
    """Beside those of bookings and of the waitlist, which tell of seats and places in line."""

    TEACHER = "class_teacher", _("Class: another teacher")
    LETTER = "class_letter", _("Class: message from the teacher")
    INSTALMENT_DUE = "class_instalment_due", _("Class: instalment due soon")
    INSTALMENT_LATE = "class_instalment_late", _("Class: instalment late")
    PASS_EXPIRING = "class_pass_expiring", _("Pass expires soon")
    WAIT_MOVED = "class_wait_moved", _("Waitlist: class moved")
    SEAT_OPEN = "class_seat_open", _("Waitlist: place available to everyone in line")
    BOOKED = "staff_class_booked", _("Teacher: new booking")
    LEFT = "staff_class_left", _("Teacher: booking cancelled")
    CHANGED = "staff_class_changed", _("Teacher: class changed")
    LEADS_NOW = "staff_class_leads_now", _("Teacher: you're teaching this class")
    SUBSTITUTE_WANTED = "staff_class_substitute_wanted", _("Teacher: substitute wanted")
    SUBSTITUTE_FOUND = "staff_class_substitute_found", _("Teacher: substitute found")
    PEOPLE_TOMORROW = "staff_class_roster", _("Teacher: tomorrow's classes")
    CALLED_OFF = "staff_class_cancelled", _("Staff and teacher: class cancelled")
    MINIMUM = "staff_class_minimum", _("Staff: too few people for a class")
    ASKS = "staff_class_teacher_asks", _("Staff: someone asks to teach")
    APPROVED = "staff_class_teacher_approved", _("Teacher: approved")


STAFF = frozenset(kind for kind in ClassMessage if kind.startswith("staff_"))
