"""docs/webhooks.md: its program works, and it names every event."""

import re
from typing import Any

import pytest
from django.conf import settings

from tests.factories import book, make_resource
from webhooks.enums import Preset
from webhooks.events import events
from webhooks.models import WebhookDelivery
from webhooks.sending import attempt_delivery
from webhooks.services import create_endpoint, rotate_secret
from webhooks.tests.receiver import Receiver

TEXT = (settings.BASE_DIR / "docs" / "webhooks.md").read_text()


def test_every_event_and_preset_is_named() -> None:
    for name in (*events.names(), *Preset.values):
        assert f"`{name}`" in TEXT


@pytest.mark.once
@pytest.mark.django_db
def test_the_program_tells_genuine_from_false(receiver: Receiver) -> None:
    program: dict[str, Any] = {}
    found = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert found
    exec(found[1], program)
    is_genuine = program["is_genuine"]
    room = make_resource()
    endpoint, old = create_endpoint(venue=room.venue, url=receiver.url)
    _endpoint, new = rotate_secret(endpoint=endpoint)
    book(room)
    attempt_delivery(WebhookDelivery.objects.get().pk)
    headers, body = receiver.taken[0].headers, receiver.taken[0].body

    assert is_genuine(old, headers, body)
    assert is_genuine(new, headers, body)
    assert not is_genuine(new, headers, body + b" ")
    assert not is_genuine(new, headers | {"webhook-id": "other"}, body)
    assert not is_genuine(new, headers | {"webhook-timestamp": "1"}, body)
    assert not is_genuine("whsec_AAAA", headers, body)
