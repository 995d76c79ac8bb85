from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import pgettext_lazy

from common.prefixes import by_code
from notifications.kinds import MessagePayload, Topic, Values
from notifications.models import Message
from notifications.wording import Wording
from reservations.domain.whereabouts import find_map
from reservations.enums import Status
from reservations.links import manage_path, token_for
from reservations.messages.names import BookingMessage
from reservations.messages.snapshot import reservation_payload
from reservations.messages.values import booking_values, leader_pages
from reservations.models import Reservation, ReservationItem
from resources.models import Resource

if TYPE_CHECKING:
    from resources.models import Venue

MOST_FOUND = 1000
START = datetime(2030, 6, 14, 15, 0, tzinfo=UTC)
LENGTH = timedelta(minutes=90)


def lead_path(reservation: Reservation) -> str:
    """For whoever leads what is booked."""
    return next(filter(None, (find(reservation) for find in leader_pages)), admin_path(reservation))


def admin_path(reservation: Reservation) -> str:
    return reverse("admin:reservations_reservation_change", args=[reservation.pk])


def calendar_path(reservation: Reservation) -> str:
    return reverse("reservation-event", args=[reservation.pk, token_for(reservation)])


class BookingTopic(Topic):
    labels = (
        ("resource", pgettext_lazy("message", "What")),
        ("leader", pgettext_lazy("message", "With")),
        ("old_resource", pgettext_lazy("message", "Previous time")),
        ("when", pgettext_lazy("message", "When")),
        ("old_when", pgettext_lazy("message", "Previous time")),
        ("address", pgettext_lazy("message", "Where")),
        ("party_size", pgettext_lazy("message", "People")),
        ("old_party_size", pgettext_lazy("message", "Previous number of people")),
        ("code", pgettext_lazy("message", "Code")),
        ("price", pgettext_lazy("message", "Price")),
        ("due", pgettext_lazy("message", "Amount due")),
        ("parts", pgettext_lazy("message", "Instalments")),
        ("cancel_fees", pgettext_lazy("message", "Cancellation")),
        ("customer", pgettext_lazy("message", "Customer")),
        ("customer_email", pgettext_lazy("message", "Email")),
        ("customer_phone", pgettext_lazy("message", "Phone")),
        ("customer_requests", pgettext_lazy("message", "Special requests")),
        ("customer_answers", pgettext_lazy("message", "Answers")),
    )
    links = {
        "manage_url": manage_path,
        "admin_url": admin_path,
        "lead_url": lead_path,
        "calendar_url": calendar_path,
        "map_url": find_map,
    }
    long = frozenset({"dates"})

    def load(self, subject_id: str) -> Reservation | None:
        reservations = Reservation.objects.select_related("customer", "venue").prefetch_related(
            "items__resource", "bill__payments"
        )
        return reservations.filter(pk=subject_id).first()

    def values(self, message: Message, subject: Reservation, wording: Wording) -> Values:
        return booking_values(message, subject, wording)

    def found_by(self, text: str) -> Iterable[str]:
        ids = Reservation.objects.filter(by_code("code").begins(text)).values_list("pk", flat=True)
        return [str(pk) for pk in ids[:MOST_FOUND]]

    def admin_path(self, subject_id: str) -> str:
        return reverse("admin:reservations_reservation_change", args=[subject_id])

    def sample(self, kind: str, venue: "Venue") -> tuple[Reservation, MessagePayload]:
        reservation = _sample_reservation(venue)
        payload = _sample_payload(reservation)
        if kind in (BookingMessage.CHANGED, BookingMessage.STAFF_CHANGED):
            payload["old"] = _sample_old_values()
        return reservation, payload


def _sample_reservation(venue: "Venue") -> Reservation:
    reservation = Reservation(
        venue=venue,
        code="SAMPLE2345",
        customer_name="Ada Lovelace",
        customer_email="ada@example.com",
        customer_phone="+493012345678",
        starts_at=START,
        ends_at=START + LENGTH,
        status=Status.CONFIRMED,
        party_size=4,
        currency=venue.currency,
        total_amount=Decimal(60),
        deposit_amount=Decimal(15),
        cancel_reason="Lorem ipsum",
        requests="A high chair",
        answers=[{"question_id": 1, "question": "Vegan?", "kind": "yes_no", "answer": "yes"}],
    )
    item = ReservationItem(reservation=reservation, resource=Resource(name="Green room"))
    reservation._prefetched_objects_cache = {"items": [item]}  # type: ignore[attr-defined]
    return reservation


def _sample_payload(reservation: Reservation) -> MessagePayload:
    return reservation_payload(reservation) | {"fee": "20", "refund": "40", "amount": "60", "hours": 24}


def _sample_old_values() -> dict[str, str]:
    old_start = START - timedelta(days=1)
    return {
        "starts_at": str(old_start),
        "ends_at": str(old_start + LENGTH),
        "party_size": "2",
        "resources": "Blue room",
    }
