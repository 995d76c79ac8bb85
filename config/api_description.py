"""What the OpenAPI document says of the API as a whole."""

from typing import Any

# By the first part of an operation's address.
API_TAGS = {
    "finding a time": (
        [
            "availability",
            "calendar",
            "changes",
            "first-available",
            "quotes",
            "resources",
            "search",
            "stream-tickets",
            "timeslots",
            "venues",
        ]
    ),
    "booking": ["holds", "reservations", "series", "waitlist"],
    "lending": ["lending"],
    "classes": [
        "bookings",
        "class-types",
        "facilitator",
        "facilitators",
        "pass-kinds",
        "passes",
        "sessions",
        "timetable",
    ],
    "reservia": ["admin", "info", "reservation", "session"],
    "accounts": ["auth", "feeds", "jobs"],
    "schedule": [
        "overrides",
        "schedule",
        "special-events",
        "holidays",
        "timeslot-templates",
        "external-calendars",
    ],
    "configuration": [
        "cancellation-policies",
        "features",
        "groups",
        "price-rules",
        "questions",
        "rules",
        "webhooks",
    ],
    "monitoring": ["health"],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Holdfast",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": (
        "Reservations for anything that has a calendar. Instants are ISO 8601 with offset; times without "
        "an offset are the venue's wall clock; durations are minutes; amounts are texts with their "
        "currency beside them. Unknown fields and query parameters are refused. Every list is a page."
    ),
    "SERVERS": [{"url": "/", "description": "Where this document comes from"}],
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # A table of contents; opened all at once, it would keep only what is on screen in the page.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none"},
    "TAGS": [
        {"name": "finding a time", "description": "Places, available times and prices"},
        {"name": "booking", "description": "Holds, reservations, series and the waitlist"},
        {"name": "lending", "description": "Things that people take and bring back, and their queues"},
        {"name": "classes", "description": "Sessions and retreats, who leads them, seats, passes and pay"},
        {
            "name": "reservia",
            "description": "Lending by the addresses of Reservia, for programs written for it",
        },
        {"name": "accounts", "description": "Signing in, API keys, one's own data, feeds, long requests"},
        {"name": "schedule", "description": "Hours, closures, holidays and special events, for staff"},
        {
            "name": "configuration",
            "description": "Rules, prices, policies, questions and webhooks, for staff",
        },
        {"name": "monitoring", "description": "Whether the server works"},
        {"name": "webhooks", "description": "What is sent to those who want to hear of changes"},
    ],
    "PREPROCESSING_HOOKS": ["common.schema.drop_slash_addresses"],
    "POSTPROCESSING_HOOKS": [
        "webhooks.schema.describe_webhooks",
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.schema.add_shared_parts",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "ReservationStatus": "reservations.enums.Status",
        "ReservationSource": "reservations.enums.Source",
        "AnswerKind": "resources.enums.AnswerKind",
        "EventKind": "reservations.enums.EventKind",
        "PaymentKind": "payments.enums.PaymentKind",
        "PaymentStatus": "payments.enums.PaymentStatus",
        "PaymentStateStatus": "reservations.api.shapes.PAYMENT_STATES",
        "ResourceKind": "resources.enums.ResourceKind",
        "WaitlistStatus": "waitlist.enums.WaitlistStatus",
        "WebhookPreset": "webhooks.enums.Preset",
        "WebhookDeliveryStatus": "webhooks.enums.DeliveryStatus",
        "FeedKind": "calendars.kinds.kind_choices",
        "OfferOutcome": "waitlist.models.WaitlistOffer.Outcome",
        "LoanStatus": "lending.enums.Status",
        "LoanEventKind": "lending.enums.Kind",
        "ApprovalEnum": "resources.enums.Approval",
        "AudienceEnum": "resources.enums.Audience",
        "LendingApproval": "lending.enums.Approval",
        "LendingAudience": "lending.enums.Audience",
        "QueueRule": "lending.enums.QueueRule",
        "CopyState": "lending.enums.CopyState",
        "ReserviaStatus": "lending.reservia.shapes.STATUSES",
        "SessionStatus": "classes.enums.SessionStatus",
        "InstalmentStatus": "classes.enums.InstalmentStatus",
        "RoleEnum": "common.venues.Role",
        "AccountRole": "classes.api.registration.ROLES",
    },
}
