"""Every table of a venue's names its venue, and no row another one than its parent."""

import pytest

from calendars.ical_reading import BusySpan
from calendars.models import ExternalEvent
from calendars.services import add_calendar
from calendars.services.applying import apply_calendar
from common.clock import now
from common.models import StoredAnswer
from payments.models import Payment
from reservations.domain.values import Actor
from reservations.models import Allocation, ReservationEvent, ReservationItem
from reservations.services import record_payment
from resources.models import BelongsToVenue
from scheduling.zones import to_minute
from tests.factories import at, book, make_resource
from tests.tables import models, strangers, venue_key
from waitlist.models import WaitlistOffer
from waitlist.tests.helpers import join, offer

INSTALLATION = "of the whole installation"
ACCOUNT = "an account's, whatever venues it deals with"
CONFIGURATION = "a few rows of configuration, read whole with the row that they belong to"
WITHOUT_VENUE = {
    "accounts.User": ACCOUNT,
    "accounts.User_groups": ACCOUNT,
    "accounts.User_user_permissions": ACCOUNT,
    "accounts.ApiKey": ACCOUNT,
    "accounts.SecurityEvent": ACCOUNT,
    "common.Job": ACCOUNT,
    "common.SweepFailure": INSTALLATION,
    "live.StreamTicket": ACCOUNT,
    "reservations.ReminderMark": INSTALLATION,
    "resources.Holiday": INSTALLATION,
    "resources.Venue": INSTALLATION,
    "resources.HistoricalVenue": INSTALLATION,
    "classes.PassKind_class_types": CONFIGURATION,
    "resources.CancellationTier": CONFIGURATION,
    "resources.PriceRule_resources": CONFIGURATION,
    "resources.Resource_features": CONFIGURATION,
    "resources.ResourcePart": CONFIGURATION,
    "resources.ResourceGroupMember": CONFIGURATION,
}
"""Table: whose it is instead."""
PERHAPS_OF_NONE = {
    "common.StoredAnswer": "not every request is about one venue",
    "calendars.CalendarFeed": "one's own bookings are in no one venue",
    "notifications.MessageTemplate": "texts for every venue that has none of its own",
    "webhooks.WebhookEndpoint": "those of the installation hear of every venue",
    "webhooks.WebhookDelivery": "a test of one of the installation's endpoints happens nowhere",
}
"""Table: why its venue may be empty."""


def test_every_table_has_a_venue_or_a_reason() -> None:
    assert {model._meta.label for model in models() if venue_key(model) is None} == set(WITHOUT_VENUE)


def test_few_tables_have_rows_of_no_venue() -> None:
    found = {model._meta.label for model in models() if (key := venue_key(model)) and key.null}
    historical = {label for label in found if label.split(".")[1].startswith("Historical")}
    assert found - historical == set(PERHAPS_OF_NONE)


@pytest.mark.django_db
def test_rows_name_their_parents_venue() -> None:
    room = make_resource()
    booked = book(room, idempotency_key="once")
    offer(join(make_resource(room.venue)))
    calendar = add_calendar(resource=room, name="Club", url="https://93.184.215.14/club.ics")
    apply_calendar(calendar, [BusySpan(to_minute(at(9)), to_minute(at(9)) + 60, "a", "Away")], now=now())

    record_payment(reservation_id=booked.pk, amount=booked.total_amount, actor=Actor())
    assert StoredAnswer.objects.get().venue_id == room.venue_id
    rows = [
        Allocation,
        ReservationItem,
        ReservationEvent,
        WaitlistOffer,
        ExternalEvent,
        Payment,
    ]
    assert all(issubclass(model, BelongsToVenue) and model._default_manager.exists() for model in rows)
    assert strangers() == []

    booked.allocations.update(venue=make_resource().venue)
    assert strangers() == [
        ("reservations.Allocation", "reservation"),
        ("reservations.Allocation", "resource"),
    ]
