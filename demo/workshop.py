"""Werkstatt am Kanal: an open workshop in Berlin that lends what it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from demo.blueprint import ALWAYS, GroupSpec, HoursSpec, ResourceSpec, VenueSpec
from lending.enums import Approval, CopyState, QueueRule, ReturnBy
from resources.enums import Audience, ChoiceRule, ResourceKind

HOUR, DAY = 60, 1440
STAFF_ONLY = "Lending"
AS_LONG = "As long as it takes"

LENDING_RULES: Mapping[str, Mapping[str, Any]] = {
    AS_LONG: {},
    "Test benches": {"lease": 10},
    "3D printer": {"queue_rule": QueueRule.FAIR, "max_out": 1},
    "A week": {
        "loan_period": 7 * DAY,
        "longest": 21 * DAY,
        "pickup_window": DAY,
        "max_out": 2,
        "return_by": ReturnBy.STAFF,
        "reminder_hours": [24],
    },
    "A few days": {"loan_period": 3 * DAY, "pickup_window": DAY, "service_time": 60},
    "By the hour": {"loan_period": 4 * HOUR, "longest": DAY, "service_time": 30, "reminder_hours": [2]},
    "With approval": {"approval": Approval.MANUAL, "loan_period": 3 * DAY, "pickup_window": DAY},
}


@dataclass(frozen=True, slots=True)
class LentSpec:
    """``copies``: codes, with the state of those that are not in service.

    ``gap`` and ``kept``: hours between requests in the past, and for how long things were had.
    """

    rules: str
    copies: Mapping[str, CopyState] = field(default_factory=dict)
    accessories: tuple[str, ...] = ()
    value: str | None = None
    gap: int = 0
    kept: tuple[int, int] = (1, 6)
    quiet: int = 5
    """So many days before today nobody asks for it, besides those whom the present knows of."""


def _in_service(*codes: str) -> dict[str, CopyState]:
    return dict.fromkeys(codes, CopyState.IN_SERVICE)


def _thing(slug: str, name: str, description: str, **fields: Any) -> ResourceSpec:
    kind = fields.pop("kind", ResourceKind.EQUIPMENT)
    return ResourceSpec(slug, kind, name, description, STAFF_ONLY, "0", hours=ALWAYS, **fields)


THINGS = (
    _thing(
        "test-bench-a",
        "Test Bench A",
        "Power supply, load and logic analyser behind one network address. Confirm every ten minutes "
        "that you still use it; scripts do it by themselves.",
    ),
    _thing("test-bench-b", "Test Bench B", "Like bench A, with a climate chamber from -20 to 80 degrees."),
    _thing(
        "printer-3d",
        "3D Printer",
        "Prints up to 25 centimetres in PLA and PETG. Who has had it less lately comes first.",
    ),
    _thing("laptops", "Laptops", "Five laptops with CAD and office software, for a week each.", units=5),
    _thing(
        "camera-kit",
        "Camera Kit",
        "The camera with its zoom lens and tripod, in one bag. Each can also be borrowed by itself.",
        parts=("camera-body", "zoom-lens", "tripod"),
    ),
    _thing("camera-body", "Camera", "A mirrorless camera with two batteries."),
    _thing("zoom-lens", "Zoom Lens", "24 to 105 millimetres, steady in the dark."),
    _thing("tripod", "Tripod", "Carbon, one and a half kilograms, as tall as you are."),
    _thing(
        "cargo-trike",
        "Cargo Trike",
        "Carries 100 kilograms or a table with four chairs. Pick the hours when you need it.",
        kind=ResourceKind.VEHICLE,
    ),
    _thing(
        "film-projector", "Film Projector", "For the wall of your courtyard, with sound. We ask what for."
    ),
    _thing("laser-cutter", "Laser Cutter", "Cuts and engraves wood, acrylic and leather up to 60 by 40 cm."),
    _thing("oscilloscope", "Oscilloscope", "Four channels, 200 megahertz, with probes."),
    _thing("cordless-drills", "Cordless Drills", "With two batteries and a box of bits.", units=3),
    _thing("darkroom-key", "Darkroom Key", "The darkroom is yours as long as you have its only key."),
)

LENT: Mapping[str, LentSpec] = {
    "test-bench-a": LentSpec("Test benches", gap=60, kept=(1, 3)),
    "test-bench-b": LentSpec("Test benches", gap=90, kept=(1, 5)),
    "printer-3d": LentSpec("3D printer", gap=55, kept=(2, 14), value="1200"),
    "laptops": LentSpec(
        "A week",
        _in_service("LAP-01", "LAP-02", "LAP-03", "LAP-04", "LAP-05"),
        ("Charger", "Bag"),
        "950",
        gap=90,
        kept=(30, 60),
        quiet=9,
    ),
    "camera-kit": LentSpec("A few days", accessories=("Bag", "Two batteries"), gap=300, kept=(20, 60)),
    "camera-body": LentSpec(
        "A few days", accessories=("Two batteries",), value="1400", gap=400, kept=(6, 40)
    ),
    "zoom-lens": LentSpec("A few days", value="900"),
    "tripod": LentSpec("A few days", gap=400, kept=(6, 40)),
    "cargo-trike": LentSpec(
        "By the hour", accessories=("Lock", "Straps"), value="2600", gap=110, kept=(1, 4)
    ),
    "film-projector": LentSpec("With approval", value="700", gap=320, kept=(12, 60)),
    "laser-cutter": LentSpec(AS_LONG, {"LAS-01": CopyState.REPAIR}, value="5400"),
    "oscilloscope": LentSpec("A week", gap=300, kept=(30, 60), quiet=13),
    "cordless-drills": LentSpec(
        "A few days",
        _in_service("DRL-01", "DRL-02") | {"DRL-03": CopyState.REPAIR},
        ("Charger", "Bits"),
        gap=160,
        kept=(4, 50),
    ),
    "darkroom-key": LentSpec(AS_LONG, gap=200, kept=(2, 9)),
}

WORKSHOP = VenueSpec(
    fields={
        "slug": "werkstatt-am-kanal",
        "name": "Werkstatt am Kanal",
        "description": "An open workshop beside the canal. Borrow tools, benches and a cargo trike, and "
        "bring them back when you're done: the next in line gets them at once.",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "street": "Maybachufer 48",
        "postal_code": "12045",
        "city": "Berlin",
        "country": "DE",
        "subdivision": "BE",
        "latitude": 52.4919,
        "longitude": 13.4304,
        "email": "desk@werkstatt-am-kanal.example",
        "phone": "+493023125200",
        "color": "#2f5d50",
        "privacy_url": "https://www.werkstatt-am-kanal.example/datenschutz",
        "imprint_url": "https://www.werkstatt-am-kanal.example/impressum",
    },
    hours=(HoursSpec("0123456", time(8), time(22)),),
    rules={
        STAFF_ONLY: {
            "min_duration": HOUR,
            "max_duration": DAY,
            "default_duration": HOUR,
            "audience": Audience.MEMBERS,
        }
    },
    resources=THINGS,
    bookings_per_day=0,
    groups=(
        GroupSpec(
            "any-test-bench",
            "Any Test Bench",
            "Whichever is available first.",
            ChoiceRule.IN_ORDER,
            ("test-bench-a", "test-bench-b"),
        ),
    ),
)
