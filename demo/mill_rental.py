"""Alte Mühle: what can be taken away."""

from demo.blueprint import ALWAYS, Thing
from resources.enums import Kind

RENTAL = (
    Thing(
        "projectors",
        Kind.EQUIPMENT,
        "Portable Projectors",
        "Three light projectors with every adapter you may need. Members collect them at the desk.",
        "Members' equipment",
        "5",
        units=3,
        features=("projector",),
        popularity=2,
    ),
    Thing(
        "city-bikes",
        Kind.EQUIPMENT,
        "City Bikes",
        "Ten sturdy seven-speed bicycles with baskets. Helmets and locks are included.",
        "Rental",
        "4",
        units=10,
        policy="Flexible",
        popularity=8,
    ),
    Thing(
        "cargo-bikes",
        Kind.EQUIPMENT,
        "Cargo Bikes",
        "Two electric cargo bikes that carry 80 kilograms or two children. The battery lasts for a day.",
        "Rental",
        "7",
        units=2,
        policy="Flexible",
        popularity=4,
    ),
    Thing(
        "van",
        Kind.VEHICLE,
        "Electric Van",
        "Six cubic metres, 250 kilometres, a ramp and straps. "
        "A driving licence is checked at the first collection.",
        "Van",
        "11",
        3,
        policy="Moderate",
        hours=ALWAYS,
        observes_holidays=False,
        popularity=2,
    ),
)
