"""Harbor Loft: a small studio house in New York, in another time zone and currency."""

from datetime import time

from demo.blueprint import (
    WEEKEND,
    WORKDAYS,
    GroupSpec,
    HoursSpec,
    OverrideSpec,
    PolicySpec,
    PriceSpec,
    ResourceSpec,
    VenueSpec,
)
from resources.enums import Approval, ChoiceRule, PriceBasis, ResourceKind

RESOURCES = (
    ResourceSpec(
        "daylight-studio",
        ResourceKind.ROOM,
        "Daylight Studio",
        "North light through eleven tall windows, and a white cove at the far end. "
        "The freight elevator stops here.",
        "Studios",
        "95",
        12,
        policy="Standard",
        features=("daylight", "freight-elevator"),
        popularity=5,
    ),
    ResourceSpec(
        "podcast-booth",
        ResourceKind.ROOM,
        "Podcast Booth",
        "Four microphones, a mixer and walls that swallow every siren. "
        "Files are sent to you within the hour.",
        "Studios",
        "60",
        4,
        policy="Standard",
        features=("soundproof",),
        popularity=6,
    ),
    ResourceSpec(
        "workbenches",
        ResourceKind.SEATS,
        "Workbenches",
        "Eight benches with vises, clamps and dust extraction. Bring your wood; we have the tools.",
        "Workshop",
        "18",
        2,
        units=8,
        features=("freight-elevator",),
        popularity=6,
    ),
    ResourceSpec(
        "maya-torres",
        ResourceKind.PERSON,
        "Maya Torres, Photographer",
        "Maya shoots portraits and products, with or without the studio. She confirms each request herself.",
        "Photographer",
        "140",
        6,
        policy="Standard",
        popularity=2,
    ),
)

LOFT = VenueSpec(
    fields={
        "slug": "harbor-loft",
        "name": "Harbor Loft",
        "description": "Studios and workbenches on the third floor of a former rope factory. "
        "The ferry lands around the corner.",
        "time_zone": "America/New_York",
        "currency": "USD",
        "street": "88 Ropewalk Street",
        "postal_code": "11231",
        "city": "Brooklyn",
        "country": "US",
        "subdivision": "NY",
        "latitude": 40.6760,
        "longitude": -74.0120,
        "email": "hello@harbor-loft.example",
        "color": "#1f5673",
        "privacy_url": "https://www.harbor-loft.example/privacy",
        "terms_url": "https://www.harbor-loft.example/terms",
    },
    hours=(HoursSpec(WORKDAYS, time(9), time(21)), HoursSpec(WEEKEND, time(10), time(18))),
    rules={
        "Studios": {"min_duration": 60, "max_duration": 480, "default_duration": 120, "buffer_after": 30},
        "Workshop": {"slot_step": 60, "min_duration": 60, "max_duration": 360, "default_duration": 120},
        "Photographer": {
            "min_duration": 60,
            "max_duration": 240,
            "default_duration": 120,
            "min_notice": 2880,
            "approval": Approval.MANUAL,
        },
    },
    resources=RESOURCES,
    bookings_per_day=2,
    policies=(
        PolicySpec(
            "Standard",
            "Full refund up to two days before the start. 50% up to one day before.",
            ((48, 100, 0), (24, 50, 10)),
        ),
    ),
    groups=(
        GroupSpec(
            "any-studio",
            "Any Studio",
            "The smaller one, if your party fits.",
            ChoiceRule.BEST_FIT,
            ("podcast-booth", "daylight-studio"),
        ),
    ),
    prices=(
        PriceSpec("Weekend", PriceBasis.HOUR, "110", ("daylight-studio",), WEEKEND, priority=5),
        PriceSpec("Materials", PriceBasis.PERSON, "6", ("workbenches",)),
    ),
    exceptions=(OverrideSpec(8, 8, "Elevator inspection", time(9), time(12), resource="daylight-studio"),),
    features={
        "daylight": "Daylight",
        "freight-elevator": "Freight elevator",
        "soundproof": "Soundproof",
    },
)
