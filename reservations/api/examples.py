from typing import Any

from drf_spectacular.utils import OpenApiExample

ROOM = "7b0e8c1e-5d0f-4b1a-9a53-0d4c2f6f9a11"


def of_request(name: str, value: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


BOOKING = of_request(
    "A guest books a room for an hour",
    {
        "resource_id": ROOM,
        "date": "2027-03-01",
        "time": "10:00",
        "duration": 60,
        "party_size": 6,
        "customer_info": {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+493023125000"},
        "special_requests": "A quiet corner, please.",
    },
)
BOOKED = of_request(
    "Any available resource of a group, by instant",
    {"group_id": ROOM, "start": "2027-03-01T10:00:00+01:00", "end": "2027-03-01T11:30:00+01:00"},
)
TOGETHER = of_request(
    "Any meeting room, and the projector",
    {
        "resources": [{"group_id": ROOM}, {"resource_id": "projector"}],
        "date": "2027-03-01",
        "time": "10:00",
        "duration": 60,
    },
)
CHANGE = of_request("Two hours later, half an hour longer", {"time": "12:00", "duration": 90})
CANCELLATION = of_request("With a reason", {"reason": "Our plans have changed.", "refund_request": True})
CONFIRMATION = of_request(
    "A guest's hold becomes a booking",
    {"customer_info": {"name": "Ada Lovelace", "email": "ada@example.com"}, "special_requests": ""},
)
HOLD = of_request(
    "Hold a room", {"resource_id": ROOM, "date": "2027-03-01", "time": "10:00", "party_size": 6}
)
PROBES = of_request(
    "Two rooms at two times",
    {"resource_ids": ["cedar", "maple"], "starts": ["2027-03-01T10:00", "2027-03-02T10:00"], "duration": 60},
)
SINGLE_PROBES = of_request(
    "Different questions",
    {"probes": [{"resource_id": "cedar", "start": "2027-03-01T10:00:00+01:00", "duration": 60}]},
)
SERIES = of_request(
    "Ten Mondays",
    {
        "resource_id": ROOM,
        "date": "2027-03-01",
        "time": "10:00",
        "duration": 60,
        "rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=10",
        "skip": ["2027-03-29"],
    },
)
SERIES_CHANGE = of_request(
    "From this one on an hour later",
    {"scope": "following", "reservation_id": ROOM, "time": "11:00", "dry_run": True},
)
CLOSURE = of_request(
    "Close all rooms over New Year, looking first",
    {
        "venue": "old-mill",
        "kind": "room",
        "starts_on": "2026-12-31",
        "ends_on": "2027-01-01",
        "reason": "New Year",
        "dry_run": True,
    },
)
SHIFT = of_request(
    "Open and close an hour later at weekends",
    {"venue": "old-mill", "days_of_week": [5, 6], "start_by": 60, "end_by": 60},
)
RELOCATION = of_request(
    "A broken room: what would become of its bookings",
    {"resource_id": ROOM, "start": "2027-03-01T00:00", "end": "2027-03-08T00:00", "dry_run": True},
)
SPECIAL_EVENT = of_request(
    "A wedding takes the hall",
    {
        "title": "Wedding",
        "mode": "occupies",
        "resource_ids": [ROOM],
        "start": "2027-06-05T14:00",
        "end": "2027-06-06T02:00",
    },
)
TEMPLATE = of_request(
    "Open on weekdays from nine to five",
    {"resource_id": ROOM, "start_time": "09:00", "end_time": "17:00", "days_of_week": [0, 1, 2, 3, 4]},
)
