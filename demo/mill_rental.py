from demo.blueprint import ALWAYS, ResourceSpec
from resources.enums import ResourceKind

RENTAL = (
    ResourceSpec(
        "projectors",
        ResourceKind.EQUIPMENT,
        "Portable Projectors",
        "Three light projectors with every adapter you may need. Members collect them at the desk.",
        "Members' equipment",
        "5",
        units=3,
        features=("projector",),
        popularity=2,
    ),
    ResourceSpec(
        "city-bikes",
        ResourceKind.EQUIPMENT,
        "City Bikes",
        "Ten sturdy seven-speed bicycles with baskets. Helmets and locks are included.",
        "Rental",
        "4",
        units=10,
        policy="Flexible",
        popularity=8,
    ),
    ResourceSpec(
        "cargo-bikes",
        ResourceKind.EQUIPMENT,
        "Cargo Bikes",
        "Two electric cargo bikes that carry 80 kilograms or two children. The battery lasts for a day.",
        "Rental",
        "7",
        units=2,
        policy="Flexible",
        popularity=4,
    ),
    ResourceSpec(
        "van",
        ResourceKind.VEHICLE,
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
