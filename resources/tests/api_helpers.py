"""What the tests of the configuration API share."""

import json
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.test import Client

from resources.enums import PriceBasis, Role
from resources.models import (
    AvailabilityOverride,
    Feature,
    Holiday,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    Venue,
)
from tests.factories import make_group, make_member, make_policy, make_resource, make_venue

MONDAY = date(2027, 1, 11)


def send(client: Client, method: str, address: str, body: Any = None, **headers: str) -> Any:
    """A request with JSON (text goes as it is); headers as ``If_Match="..."``."""
    text = body if isinstance(body, str) else json.dumps({} if body is None else body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    call = getattr(client, method.lower())
    if method in ("GET", "HEAD"):
        return call(address, headers=named)
    return call(address, text, content_type="application/json", headers=named)


def managing(client: Client, venue: Venue | None = None) -> Venue:
    """Signs a manager in, of a new venue unless one is given."""
    venue = venue or make_venue()
    client.force_login(make_member(venue, Role.MANAGER))
    return venue


def created(client: Client, address: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = send(client, "POST", address, body)
    assert answer.status_code == 201, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


@dataclass(frozen=True)
class Sort:
    """One endpoint: a row that exists and a body that creates another."""

    collection: str
    row: str
    body: dict[str, Any]
    change: dict[str, Any]

    @property
    def one(self) -> str:
        return f"{self.collection}/{self.row}"


def furnished(venue: Venue) -> Resource:
    """A resource with a policy, and one row of every sort beside it."""
    policy = make_policy(venue, (48, "100", "0"), (24, "50", "5"))
    room = make_resource(venue, cancellation_policy=policy)
    OpeningHours.objects.create(venue=venue, weekday=0, start_time=time(9), end_time=time(17))
    rule = PriceRule.objects.create(venue=venue, name="Peak", basis=PriceBasis.HOUR, amount=Decimal(40))
    rule.resources.add(room)
    AvailabilityOverride.objects.create(venue=venue, starts_on=MONDAY, ends_on=MONDAY, reason="Works")
    Question.objects.create(venue=venue, text="Anything else?")
    make_group([room])
    Feature.objects.create(venue=venue, name="Piano", slug="piano")
    free_day = MONDAY + timedelta(days=Holiday.objects.count())
    Holiday.objects.create(country="DE", date=free_day, name="Founders' day")
    return room


def _first(rows: Any) -> Any:
    return rows.order_by("pk")[0]


def sorts(venue: Venue) -> dict[str, Sort]:
    """Every sort of row of a furnished venue, by a short name."""
    room = _first(venue.resources)
    window = {"start_time": "10:00", "end_time": "12:00"}
    place = {"venue": str(venue.uuid)}
    rules, policy = room.rules, _first(venue.cancellation_policies)
    bodies: dict[str, tuple[str, Any, dict[str, Any], dict[str, Any]]] = {
        "resource": ("resources", room.uuid, {"name": "Attic", "type": "room"}, {"capacity": 3}),
        "template": (
            "timeslot-templates",
            _first(venue.opening_hours).pk,
            {"day_of_week": 1, **window},
            {"end_time": "18:00"},
        ),
        "rules": ("rules", rules.pk, {"name": "Short"}, {"buffer_after": 15}),
        "policy": (
            "cancellation-policies",
            policy.pk,
            {"name": "Strict", "tiers": [{"hours_before": 24, "refund_percentage": "50"}]},
            {"description": "Be early"},
        ),
        "price": (
            "price-rules",
            _first(venue.price_rules).pk,
            {"name": "Low", "amount": "5"},
            {"priority": 3},
        ),
        "override": ("overrides", _first(venue.overrides).pk, {"date": "2027-02-01"}, {"reason": "Party"}),
        "question": ("questions", _first(venue.questions).pk, {"text": "Vegan?"}, {"is_required": True}),
        "group": ("groups", _first(venue.groups).uuid, {"name": "Any"}, {"choice_rule": "least_booked"}),
        "feature": ("features", _first(venue.features).pk, {"name": "Bar"}, {"name": "Grand piano"}),
    }
    return {
        name: Sort(f"/api/{path}", str(row), place | body, change)
        for name, (path, row, body, change) in bodies.items()
    }


SORTS = ("resource", "template", "rules", "policy", "price", "override", "question", "group", "feature")
