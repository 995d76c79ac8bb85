from classes.models.offers import ClassType, Course
from classes.models.passes import Pass, PassKind, PassUse
from classes.models.pay import Payout, PayRate
from classes.models.people import Facilitator
from classes.models.places import MOST_PRICE, MOST_SEATS, Studio
from classes.models.retreats import Instalment, PlanTerm, Tier
from classes.models.sessions import SeatBooking, Session

__all__ = [
    "MOST_PRICE",
    "MOST_SEATS",
    "ClassType",
    "Course",
    "Facilitator",
    "Instalment",
    "Pass",
    "PassKind",
    "PassUse",
    "PayRate",
    "Payout",
    "PlanTerm",
    "SeatBooking",
    "Session",
    "Studio",
    "Tier",
]
