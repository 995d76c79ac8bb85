from django.db import models
from django.utils.translation import gettext_lazy as _

from common.venues import MANAGING as MANAGING
from common.venues import Role as Role


class ResourceKind(models.TextChoices):
    ROOM = "room", _("Room")
    TABLE = "table", _("Table")
    SERVICE = "service", _("Treatment")
    EQUIPMENT = "equipment", _("Equipment")
    PERSON = "person", _("Practitioner")
    SEATS = "seats", _("Class")
    COURT = "court", _("Court")
    HALL = "hall", _("Hall")
    VEHICLE = "vehicle", _("Vehicle")
    LODGING = "lodging", _("Lodging")


class UnitsBy(models.TextChoices):
    """How many units one booking takes."""

    BOOKING = "booking", _("One per booking (or the requested quantity)")
    PERSON = "person", _("One per person of the party")


class Approval(models.TextChoices):
    INSTANT = "instant", _("Confirmed instantly")
    MANUAL = "manual", _("Staff approve every booking")
    CONDITIONAL = "conditional", _("Staff approve large or long bookings")


class Audience(models.TextChoices):
    EVERYONE = "everyone", _("Everyone")
    SIGNED_IN = "signed_in", _("People with an account")
    MEMBERS = "members", _("Members of the venue")


class Period(models.TextChoices):
    DAY = "day", _("per day")
    WEEK = "week", _("per week")
    MONTH = "month", _("per month")


class ChoiceRule(models.TextChoices):
    """Which member of a group an "any available" booking gets."""

    IN_ORDER = "in_order", _("First available, in the group's order")
    BEST_FIT = "best_fit", _("Smallest that fits, then order")
    LEAST_BOOKED = "least_booked", _("Fewest booked minutes that day, then order")


class AnswerKind(models.TextChoices):
    SHORT = "short", _("Short text")
    LONG = "long", _("Long text")
    YES_NO = "yes_no", _("Yes/no")
    CHOICE = "choice", _("Multiple choice")
    NUMBER = "number", _("Number")


class PriceBasis(models.TextChoices):
    """What an amount is charged for; see ``resources.pricing``."""

    HOUR = "hour", _("Per hour and unit (replaces the hourly rate)")
    BOOKING = "booking", _("Once per booking (added)")
    PERSON = "person", _("Per person (added)")
