"""What several tell of one change is one statement, unless a part of it may be undone."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications.enums import Channel
from notifications.models import Message
from notifications.services.writing import gather_messages, write_messages
from reservations.messages.names import BookingMessage
from tests.factories import make_resource


@pytest.mark.django_db
def test_gathered_messages() -> None:
    venue = make_resource().venue

    def tell(name: str) -> None:
        about = {"kind": BookingMessage.CONFIRMED, "channel": Channel.EMAIL, "subject_id": name}
        write_messages([Message(venue=venue, recipient=f"{name}@example.com", dedupe_key=name, **about)])

    with CaptureQueriesContext(connection) as captured, transaction.atomic(), gather_messages():
        tell("ada")
        with suppress(ZeroDivisionError), transaction.atomic(), gather_messages():
            tell("undone")
            raise ZeroDivisionError
        with transaction.atomic(), gather_messages():
            tell("kept")
        with gather_messages():
            tell("bob")
        assert Message.objects.values_list("subject_id", flat=True).get() == "kept"
    assert {*Message.objects.values_list("subject_id", flat=True)} == {"ada", "bob", "kept"}
    assert sum(query["sql"].startswith("INSERT") for query in captured) == 2
