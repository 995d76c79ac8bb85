from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

PRODUCT = "classes"
"""Its name as a product, and as the extension of its places' seats."""
SUBJECT = "class_session"
PASS_SUBJECT = "class_pass"  # noqa: S105  (what a bill is about)


class SessionType(models.TextChoices):
    SESSION = "session", _("Session")
    RETREAT = "retreat", _("Retreat")


def is_retreat(session_type: str, *, has_tiers: bool) -> bool:
    """What is sold at several prices is one, whatever it is called."""
    return has_tiers or session_type == SessionType.RETREAT


class SessionStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    CANCELLED = "cancelled", _("Cancelled")
    COMPLETED = "completed", _("Completed")


class PlaceKind(models.TextChoices):
    STUDIO = "studio", _("Studio")
    OFF_SITE = "off_site", _("Somewhere else")
    ONLINE = "online", _("Online")


class Level(models.TextChoices):
    ANY = "any", _("All levels")
    BEGINNER = "beginner", _("Beginners")
    INTERMEDIATE = "intermediate", _("Intermediate")
    ADVANCED = "advanced", _("Advanced")


class WaitlistMode(models.TextChoices):
    """What becomes of a seat that opens up while people wait."""

    HELD = "held", _("Held for the first in line until they answer")
    AUTO = "auto", _("Booked for the first in line while cancelling is free, then held for them")
    OPEN = "open", _("Everyone in line is told, first come first served")


class BelowMinimum(models.TextChoices):
    ASK = "ask", _("Ask the staff")
    CANCEL = "cancel", _("Cancel the session")


class Attendance(models.TextChoices):
    UNKNOWN = "unknown", _("Not recorded")
    PRESENT = "present", _("Present")
    LATE = "late", _("Late")
    ABSENT = "absent", _("Absent")


ATTENDED = (Attendance.PRESENT, Attendance.LATE)


class TierPays(models.TextChoices):
    FULL = "full", pgettext_lazy("payment", "In full")
    PLAN = "plan", pgettext_lazy("payment", "In instalments")
    BOTH = "both", pgettext_lazy("payment", "In full or in instalments")


class InstalmentStatus(models.TextChoices):
    OPEN = "open", _("Open")
    PAID = "paid", _("Paid")
    CANCELLED = "cancelled", _("Cancelled")


class Heads(models.TextChoices):
    """Whom a teacher's pay per head counts."""

    BOOKED = "booked", _("People booked")
    PRESENT = "present", _("People present")


class RevenueBy(models.TextChoices):
    """The day under which money is shown."""

    SESSION = "session", _("Day of the session")
    PAYMENT = "payment", _("Day of the payment")
