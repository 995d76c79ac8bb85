"""Stillwater Studio: classes and retreats in Berlin, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from classes.drafts import TierDraft
from classes.enums import BelowMinimum, Heads, Level, PlaceKind, TierPays, WaitlistMode
from classes.policies.plans import Term
from demo.blueprint import EVERY_DAY, WORKDAYS, PolicySpec, VenueSpec
from demo.people import FACILITATOR

LAKE, LOFT = "Lake", "Loft"
STUDIOS = {LAKE: 20, LOFT: 12}
POLICY = "A day before"


@dataclass(frozen=True, slots=True)
class TeacherSpec:
    """``email`` is an account of the demo's, or nobody can sign in as them."""

    name: str
    specialization: str
    bio: str
    email: str = ""

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", ".")


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """``place``: the name of a studio; without one it is online. ``fields`` are those of its type."""

    title: str
    description: str
    teacher: str
    weekdays: str
    start: time
    place: str
    fields: Mapping[str, Any]


JOHN = "John Doe"
TEACHERS = (
    TeacherSpec(
        JOHN,
        "Mindfulness & Wellness",
        "John has taught meditation since 2009. His mornings are quiet, and nobody has to sit cross-legged.",
        FACILITATOR,
    ),
    TeacherSpec("Mia Berg", "Vinyasa and sound", "Mia used to dance. Her classes flow, and end in silence."),
    TeacherSpec(
        "Noor Haddad", "Yin and Qigong", "Slow, warm and exact: Noor explains what each pose is for."
    ),
    TeacherSpec(
        "Luca Moretti", "Pilates", "A physiotherapist with a sense of humour, and of your lower back."
    ),
    TeacherSpec("Eva Lindholm", "Mobility at the desk", "Half an hour between two meetings, from wherever."),
)


def _type(duration: int, capacity: int, price: int, color: str, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"late_cancel_hours": 12, "level": Level.ANY, "bring": ""}
    return values | {
        "duration": duration,
        "capacity": capacity,
        "price": Decimal(price),
        "color": color,
        **more,
    }


MATS = "Mats and blankets are there. Bring warm socks."
CLASSES = (
    ClassSpec(
        "Morning Meditation",
        "An hour of silence before the day begins, with a short talk and tea afterwards.",
        *(JOHN, EVERY_DAY, time(7, 30), LAKE),
        _type(60, 10, 25, "#3f6f8f", bring=MATS),
    ),
    ClassSpec(
        "Vinyasa Flow",
        "A brisk flow for people who know the sun salutation.",
        *("Mia Berg", WORKDAYS, time(9), LAKE),
        _type(75, 18, 20, "#b0643c", level=Level.INTERMEDIATE, waitlist_mode=WaitlistMode.AUTO),
    ),
    ClassSpec(
        "Yin Yoga",
        "Long, supported poses. Everyone who can lie down can do it.",
        *("Noor Haddad", "136", time(20), LAKE),
        _type(75, 16, 18, "#6d5a8f", level=Level.BEGINNER, bring=MATS),
    ),
    ClassSpec(
        "Pilates Basics",
        "What the words mean and where the muscles are.",
        *("Luca Moretti", "024", time(18), LOFT),
        _type(55, 12, 22, "#4b7f52", level=Level.BEGINNER),
    ),
    ClassSpec(
        "Power Pilates",
        "For those who have had enough of the basics.",
        *("Luca Moretti", "13", time(18), LOFT),
        _type(55, 12, 22, "#2f5d3a", level=Level.ADVANCED),
    ),
    ClassSpec(
        "Breathwork",
        "Breathing exercises for the middle of the day.",
        *(JOHN, "024", time(12, 30), LOFT),
        _type(45, 10, 15, "#7d8f3f"),
    ),
    ClassSpec(
        "Qigong",
        "Slow movements, in the garden if the weather allows.",
        *("Noor Haddad", "56", time(10), LAKE),
        _type(60, 16, 16, "#8f6a3f", min_attendance=4, below_minimum=BelowMinimum.ASK),
    ),
    ClassSpec(
        "Desk Stretch",
        "Half an hour for neck and hips. You get the link by email.",
        *("Eva Lindholm", WORKDAYS, time(13), ""),
        _type(30, 30, 8, "#3f8f87", late_cancel_hours=1),
    ),
    ClassSpec(
        "Sound Bath",
        "Gongs and singing bowls. You only have to lie there.",
        *("Mia Berg", "2456", time(18, 30), LAKE),
        _type(60, 14, 28, "#8f3f6a", waitlist_mode=WaitlistMode.OPEN, bring=MATS),
    ),
)
"""Thirty-four a week."""


@dataclass(frozen=True, slots=True)
class RetreatSpec:
    """``weeks``: the first Saturday so many weeks ahead."""

    title: str
    description: str
    teacher: str
    weeks: int
    length: timedelta
    capacity: int
    price: Decimal
    people: int
    tiers: tuple[TierDraft, ...] = ()
    plan: tuple[Term, ...] = ()


RETREATS = (
    RetreatSpec(
        "Weekend Retreat",
        "Two days by the lake: meditation, walks and simple food.",
        *(JOHN, 3, timedelta(days=1, hours=6), 5, Decimal(200), 4),
    ),
    RetreatSpec(
        "Five Days of Silence",
        "In an old farmhouse in the Uckermark. Everything is included, but your phone.",
        "Noor Haddad",
        7,
        timedelta(days=5),
        14,
        Decimal(420),
        9,
        (
            TierDraft("Shared room", Decimal(420), 8, pays=TierPays.BOTH),
            TierDraft("Twin room", Decimal(520), 4, deposit=Decimal(100), pays=TierPays.BOTH),
            TierDraft("Single room", Decimal(690), 2, deposit=Decimal(100), pays=TierPays.BOTH),
        ),
        (Term(Decimal(30), days_before=30), Term(Decimal(70), days_before=10)),
    ),
)
RETREAT_PLACE = PlaceKind.OFF_SITE
PAY = {"base": Decimal(35), "per_head": Decimal(4), "percent": Decimal(10), "counts": Heads.PRESENT}
PASSES = (("Ten classes", 10, 180, 180), ("Five classes", 5, 90, 95))
"""Name, credits, days, price."""

STUDIO = VenueSpec(
    fields={
        "slug": "stillwater-studio",
        "name": "Stillwater Studio",
        "description": "Meditation, yoga and Pilates by the water in Köpenick, online at lunchtime, and "
        "retreats in the country.",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "street": "Müggelseedamm 164",
        "postal_code": "12587",
        "city": "Berlin",
        "country": "DE",
        "subdivision": "BE",
        "latitude": 52.4462,
        "longitude": 13.6415,
        "email": "hello@stillwater-studio.example",
        "phone": "+493023125300",
        "color": "#3f6f8f",
        "privacy_url": "https://www.stillwater-studio.example/datenschutz",
        "imprint_url": "https://www.stillwater-studio.example/impressum",
    },
    hours=(),
    rules={},
    resources=(),
    bookings_per_day=0,
    policies=(
        PolicySpec(
            POLICY, "Free until a day before, half until twelve hours before.", ((24, 100, 0), (12, 50, 0))
        ),
    ),
)
