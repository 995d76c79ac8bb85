"""What the API tests share."""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

from accounts.models import User
from resources.models import Resource

BERLIN = ZoneInfo("Europe/Berlin")
CUSTOMER_INFO = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "030 12345678"}


def local(days: int = 7, hour: int = 10, minute: int = 0) -> datetime:
    """A Berlin wall clock time some days ahead."""
    day = datetime.now(tz=BERLIN) + timedelta(days=days)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def skipped_hour() -> str:
    """An hour that Berlin skips, of the next year in which it lies ahead."""
    last = datetime(datetime.now(tz=BERLIN).year + 1, 3, 31, tzinfo=BERLIN)
    return f"{last - timedelta(days=(last.weekday() + 1) % 7):%Y-%m-%d}T02:30"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def wanted(resource: Resource, **fields: Any) -> dict[str, Any]:
    """The body of a guest's booking, an hour in a week; None leaves a field out."""
    at = local()
    body = {
        "resource_id": str(resource.uuid),
        "date": at.date().isoformat(),
        "time": f"{at:%H:%M}",
        "duration": 60,
        "customer_info": CUSTOMER_INFO,
    }
    return {name: value for name, value in (body | fields).items() if value is not None}


def post(client: Client, address: str, body: Any = None, **headers: str) -> Any:
    """A POST of JSON (text goes as it is); headers as ``If_Match="..."``."""
    text = body if isinstance(body, str | bytes) else json.dumps(body or {})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(address, text, content_type="application/json", headers=named)


def patch(client: Client, address: str, body: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(address, body, content_type="application/json", headers=named)


def booked(client: Client, resource: Resource, **fields: Any) -> dict[str, Any]:
    answer = post(client, "/api/reservations", wanted(resource, **fields))
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body
