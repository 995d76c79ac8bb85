"""Alte Mühle: a converted water mill in Berlin with a little of everything."""

from demo.blueprint import GroupSpec, QuestionSpec, VenueSpec
from demo.mill_rental import RENTAL
from demo.mill_rules import COURTS, EXCEPTIONS, FEATURES, HOURS, POLICIES, PRICES, ROOMS, RULES
from demo.mill_things import HOSPITALITY, MEETING, SPORT
from resources.enums import AnswerKind, ChoiceRule

GROUPS = (
    GroupSpec(
        "any-meeting-room",
        "Any Meeting Room",
        "The smallest room that fits your party.",
        ChoiceRule.BEST_FIT,
        ROOMS,
    ),
    GroupSpec("any-court", "Any Court", "Court One first, then Court Two.", ChoiceRule.IN_ORDER, COURTS),
    GroupSpec(
        "any-bike",
        "Any Bike",
        "A city bike or a cargo bike, whichever was out less that day.",
        ChoiceRule.LEAST_BOOKED,
        ("city-bikes", "cargo-bikes"),
    ),
    GroupSpec(
        "any-table",
        "Any Table",
        "The smallest table that seats your party.",
        ChoiceRule.BEST_FIT,
        ("table-one", "table-two", "table-three", "table-four", "tables-three-and-four"),
    ),
    GroupSpec(
        "any-massage",
        "Any Massage",
        "Whichever treatment has time for you.",
        ChoiceRule.IN_ORDER,
        ("massage-60", "massage-45"),
    ),
)

SEATING = ("As you are", "A circle of chairs", "Rows", "One long table")
QUESTIONS = (
    QuestionSpec("How shall the room be set up?", AnswerKind.CHOICE, SEATING, "granary"),
    QuestionSpec("Coffee and tea for everybody?", AnswerKind.YES_NO, resource="granary"),
    QuestionSpec(
        "Is there anything we should know about your health?", AnswerKind.LONG, resource="massage-60"
    ),
)

MILL = VenueSpec(
    fields={
        "slug": "alte-muehle",
        "name": "Alte Mühle",
        "description": "A water mill of 1874, now a house for meetings, sport, good food and sound sleep. "
        "It stands on the Panke, ten minutes on foot from the S-Bahn.",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "street": "Mühlenweg 12",
        "postal_code": "13187",
        "city": "Berlin",
        "country": "DE",
        "subdivision": "BE",
        "latitude": 52.5657,
        "longitude": 13.4110,
        "email": "desk@alte-muehle.example",
        "phone": "+493023125100",
        "color": "#8a4b2a",
        "privacy_url": "https://www.alte-muehle.example/datenschutz",
        "imprint_url": "https://www.alte-muehle.example/impressum",
    },
    hours=HOURS,
    rules=RULES,
    resources=(*MEETING, *SPORT, *HOSPITALITY, *RENTAL),
    bookings_per_day=9,
    policies=POLICIES,
    groups=GROUPS,
    prices=PRICES,
    exceptions=EXCEPTIONS,
    questions=QUESTIONS,
    features=FEATURES,
)
