from collections.abc import Mapping
from datetime import time
from typing import Any

from demo.blueprint import WEEKEND, WORKDAYS, HoursSpec, OverrideSpec, PolicySpec, PriceSpec
from resources.enums import Approval, Audience, Period, PriceBasis

HOUR = 60
DAY = 24 * HOUR
NIGHT = 20 * HOUR  # from 15:00 to 11:00; the four hours after it are for cleaning

HOURS = (
    HoursSpec(WORKDAYS, time(8), time(22)),
    HoursSpec(WEEKEND, time(9), time(22), max_duration=12 * HOUR),
)

FEATURES = {
    "projector": "Projector",
    "whiteboard": "Whiteboard",
    "video-calls": "Video calls",
    "step-free": "Step-free access",
    "river-view": "View of the river",
    "daylight": "Daylight",
    "sound-system": "Sound system",
    "kitchen": "Kitchen",
}

RULES: Mapping[str, Mapping[str, Any]] = {
    "Meeting rooms": {
        "slot_step": 30,
        "min_duration": 30,
        "max_duration": 8 * HOUR,
        "default_duration": HOUR,
        "max_advance_days": 180,
        "approval": Approval.CONDITIONAL,
        "approval_duration": 6 * HOUR,
        "release_after": 20,
    },
    "Great hall": {
        "slot_step": 60,
        "min_duration": 2 * HOUR,
        "max_duration": 12 * HOUR,
        "default_duration": 4 * HOUR,
        "buffer_before": 30,
        "buffer_after": HOUR,
        "min_notice": 2 * DAY,
        "approval": Approval.MANUAL,
    },
    "Courts": {
        "slot_step": 30,
        "min_duration": HOUR,
        "max_duration": 2 * HOUR,
        "default_duration": HOUR,
        "max_advance_days": 21,
        "max_active_per_customer": 3,
        "max_per_period": 4,
        "limit_period": Period.WEEK,
        "release_after": 15,
    },
    "Restaurant": {
        "slot_step": 15,
        "min_duration": 90,
        "max_duration": 3 * HOUR,
        "default_duration": 2 * HOUR,
        "buffer_after": 15,
        "min_notice": HOUR,
        "max_advance_days": 90,
        "approval": Approval.CONDITIONAL,
        "approval_party_size": 7,
        "release_after": 30,
    },
    "Massage, 45 minutes": {
        "slot_step": 15,
        "min_duration": 45,
        "max_duration": 45,
        "default_duration": 45,
        "buffer_after": 15,
        "min_notice": 2 * HOUR,
    },
    "Massage, 60 minutes": {
        "slot_step": 15,
        "min_duration": HOUR,
        "max_duration": HOUR,
        "default_duration": HOUR,
        "buffer_before": 10,
        "buffer_after": 20,
        "min_notice": 2 * HOUR,
    },
    "Advice and coaching": {
        "slot_step": 30,
        "min_duration": 30,
        "max_duration": 90,
        "default_duration": HOUR,
        "buffer_after": 10,
        "min_notice": DAY,
        "audience": Audience.SIGNED_IN,
        "max_active_per_customer": 2,
    },
    "Rental": {
        "slot_step": 60,
        "min_duration": HOUR,
        "max_duration": 12 * HOUR,
        "default_duration": 4 * HOUR,
        "buffer_after": 15,
    },
    "Members' equipment": {
        "slot_step": 60,
        "min_duration": HOUR,
        "max_duration": 12 * HOUR,
        "default_duration": 2 * HOUR,
        "audience": Audience.MEMBERS,
    },
    "Classes": {
        "slot_step": 60,
        "min_duration": HOUR,
        "max_duration": HOUR,
        "default_duration": HOUR,
        "max_party_size": 4,
        "max_advance_days": 28,
        "check_in_opens": 20,
    },
    "Rehearsals": {
        "slot_step": 30,
        "min_duration": HOUR,
        "max_duration": 6 * HOUR,
        "default_duration": 2 * HOUR,
        "max_active_per_customer": 4,
    },
    "Van": {
        "slot_step": 60,
        "min_duration": 2 * HOUR,
        "max_duration": 3 * DAY,
        "default_duration": 8 * HOUR,
        "buffer_after": 30,
        "min_notice": 4 * HOUR,
        "audience": Audience.SIGNED_IN,
    },
    "Guest rooms": {
        # One start a day, and whole nights: each opening begins at the hour of arrival.
        "slot_step": DAY,
        "min_duration": NIGHT,
        "max_duration": NIGHT + 13 * DAY,
        "default_duration": NIGHT,
        "buffer_after": DAY - NIGHT,
        "hold_minutes": 20,
        "check_in_opens": HOUR,
    },
    "Club nights": {
        "slot_step": 30,
        "min_duration": 2 * HOUR,
        "max_duration": 6 * HOUR,
        "default_duration": 3 * HOUR,
        "buffer_after": 30,
        "min_party_size": 6,
        "approval": Approval.MANUAL,
    },
}

POLICIES = (
    PolicySpec(
        "Flexible",
        "Free cancellation up to two hours before the start. After that, 50% of the price.",
        ((2, 100, 0), (0, 50, 0)),
    ),
    PolicySpec(
        "Moderate",
        "Everything is returned until a day before the start, and half until four hours before it.",
        ((24, 100, 0), (4, 50, 0)),
    ),
    PolicySpec(
        "Events",
        "Two weeks ahead only a handling fee is kept. Then the share that is returned shrinks step by step.",
        ((336, 100, 50), (168, 50, 50), (48, 25, 50)),
    ),
    PolicySpec(
        "Stays",
        "Free cancellation up to five days before arrival. After that, unsold nights are charged.",
        ((120, 100, 0), (48, 50, 0)),
    ),
)

COURTS = ("court-one", "court-two")
ROOMS = ("millstone", "millers-parlour", "granary")
GUEST_ROOMS = ("weir-room", "mill-race-apartment")

PRICES = (
    PriceSpec("After work", PriceBasis.HOUR, "30", COURTS, WORKDAYS, time(17), time(22), 10),
    PriceSpec("Weekend", PriceBasis.HOUR, "27", COURTS, WEEKEND, priority=5),
    PriceSpec("Early bird", PriceBasis.HOUR, "14", (*COURTS, *ROOMS), WORKDAYS, time(8), time(10), 10),
    PriceSpec("Weekend nights", PriceBasis.HOUR, "6.50", GUEST_ROOMS, "45", time(15), time(11), 5),
    PriceSpec("Final cleaning", PriceBasis.BOOKING, "25", GUEST_ROOMS),
    PriceSpec("Stewarding", PriceBasis.BOOKING, "80", ("great-hall", "hall-north", "hall-south")),
    PriceSpec("Class ticket", PriceBasis.PERSON, "14", ("movement-studio",)),
    PriceSpec(
        "Evening menu", PriceBasis.PERSON, "8", ("tables-three-and-four",), start=time(18), end=time(22)
    ),
)

EXCEPTIONS = (
    OverrideSpec(9, 9, "Stocktaking", time(8), time(13), resource="city-bikes"),
    OverrideSpec(11, 12, "New floor varnish", resource="court-two"),
    OverrideSpec(6, 6, "Long night of the mills", time(22), time(1), True),
    OverrideSpec(45, 47, "Annual company outing and maintenance"),
)
