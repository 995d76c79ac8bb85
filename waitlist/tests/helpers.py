"""What the waitlist's tests share."""

import json
from datetime import date
from typing import Any

from django.test import Client

from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.tests.api_helpers import CUSTOMER_INFO, local, post
from resources.models import Resource
from tests.factories import GUEST, hold
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import join_waitlist
from waitlist.services.answering import customer_of

LIST = "/api/waitlist"


def day(days: int = 7) -> date:
    """A Berlin date some days ahead."""
    return local(days).date()


def wish(resource: Resource, **fields: Any) -> dict[str, Any]:
    """The body of a guest who waits for an evening in a week; None leaves a field out."""
    body = {
        "resource_id": str(resource.uuid),
        "preferred_date": day().isoformat(),
        "preferred_time": "18:00",
        "latest_time": "20:00",
        "duration": 90,
        "party_size": 2,
        "contact_info": CUSTOMER_INFO,
    }
    return {name: value for name, value in (body | fields).items() if value is not None}


def join(resource: Resource, **fields: Any) -> WaitlistEntry:
    """Joins through the service, as a guest unless told otherwise."""
    defaults: dict[str, Any] = {
        "venue_id": resource.venue_id,
        "resource_id": resource.pk,
        "preferred_on": day(),
        "customer": GUEST,
        "actor": Actor(),
    }
    return join_waitlist(**(defaults | fields))


def offer(entry: WaitlistEntry) -> WaitlistOffer:
    """Holds the entry's resource and offers it."""
    assert entry.resource is not None
    held = hold(entry.resource, actor=Actor(entry.customer, Source.WAITLIST), customer=customer_of(entry))
    assert held.expires_at is not None
    return WaitlistOffer.objects.create(
        venue_id=entry.venue_id, entry=entry, reservation=held, deadline_at=held.expires_at
    )


def joined(client: Client, resource: Resource, **fields: Any) -> dict[str, Any]:
    answer = post(client, LIST, wish(resource, **fields))
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def patch(client: Client, id: object, body: dict[str, Any], **headers: str) -> Any:
    """A PATCH of JSON; headers as ``X_Waitlist_Token="..."``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(f"{LIST}/{id}", json.dumps(body), content_type="application/json", headers=named)
