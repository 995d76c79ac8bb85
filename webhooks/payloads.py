"""What is sent: one body for each endpoint's preset, made when the change happens."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer

from reservations.api.serializers import PaymentSerializer, ReservationSerializer
from reservations.enums import EventKind, PaymentKind, PaymentStatus, Purpose, Status
from reservations.models import Payment, Reservation, ReservationEvent
from reservations.selectors import reservations_in_detail
from resources.enums import Role
from resources.models import VenueMembership
from waitlist.api.serializers import entries_json
from waitlist.models import WaitlistEntry
from waitlist.selectors import entries_in_detail
from waitlist.signals import News
from webhooks.enums import Preset

Json = dict[str, Any]
Bodies = Iterable[tuple[str, Json]]
"""Bodies by a word that tells them apart."""

KINDS = {
    EventKind.CONFIRMED: "confirmed",
    EventKind.DECLINED: "declined",
    EventKind.RESCHEDULED: "changed",
    EventKind.EDITED: "changed",
    EventKind.CANCELLED: "cancelled",
    EventKind.CHECKED_IN: "checked_in",
    EventKind.COMPLETED: "completed",
    EventKind.NO_SHOW: "no_show",
    EventKind.EXPIRED: "expired",
}
NOBODYS_BUSINESS = ("allowed_actions",)
"""Fields that depend on who asks."""


def reservation_event(event: ReservationEvent) -> str | None:
    """The event's name; None for what concerns only a time that is held, not booked."""
    if event.kind == EventKind.BOOKED:
        kind = "requested" if event.new_status == Status.PENDING else "confirmed"
    elif event.old_status == Status.HELD or event.kind not in KINDS:
        return None
    else:
        kind = KINDS[EventKind(event.kind)]
    return f"reservation.{kind}"


def payment_event(payment: Payment) -> str:
    direction = "refund" if payment.kind == PaymentKind.REFUND else "payment"
    return f"{direction}.{'succeeded' if payment.status == PaymentStatus.SUCCEEDED else 'failed'}"


def waitlist_event(news: News) -> str | None:
    return None if news == News.CHANGED else f"waitlist.{news.value}"


@dataclass(frozen=True)
class Subject:
    """What an event is about; read once, and only when somebody is to hear of it."""

    reservation_id: UUID | None = None
    entry_id: UUID | None = None
    payment: Payment | None = None

    @cached_property
    def reservation(self) -> Reservation:
        return reservations_in_detail().get(pk__in=[self.reservation_id])

    @cached_property
    def data(self) -> Json:
        """As staff read it through the API."""
        with translation.override(settings.LANGUAGE_CODE):
            found = self._entry() if self.entry_id else self._booking()
            return {name: value for name, value in found.items() if name not in NOBODYS_BUSINESS}

    def _booking(self) -> Json:
        found = plain(ReservationSerializer(self.reservation, context={"user": AnonymousUser()}).data)
        return found | ({"payment": plain(PaymentSerializer(self.payment).data)} if self.payment else {})

    def _entry(self) -> Json:
        entries: list[WaitlistEntry] = list(entries_in_detail().filter(pk__in=[self.entry_id]))
        return plain(entries_json(entries, AnonymousUser())[0])

    @cached_property
    def staff(self) -> list[Json]:
        """Who is told of the venue's bookings: its address, else its managers and facilitators."""
        venue = self.reservation.venue
        if venue.email:
            return [{"name": venue.name, "email": venue.email}]
        people = VenueMembership.objects.filter(venue=venue, role__in=(Role.MANAGER, Role.FACILITATOR))
        found = people.select_related("user").order_by("created_at", "pk")
        return [{"name": str(each.user.get_full_name()), "email": each.user.email} for each in found]


def plain(value: Any) -> Json:
    """As it is read again from JSON."""
    found: Json = json.loads(JSONRenderer().render(value))
    return found


def generic(event: str, subject: Subject) -> Bodies:
    yield "", {"type": event, "data": subject.data}


def crm(event: str, subject: Subject) -> Bodies:
    """The customer and the booking as they are now: to be inserted or updated."""
    booking = subject.data
    customer = {"id": booking["user_id"], **booking["customer_info"]}
    yield "", {"type": event, "customer": customer, "booking": booking}


def email(event: str, subject: Subject) -> Bodies:
    """A confirmation for the customer, and one for the venue's people."""
    if subject.reservation.purpose != Purpose.BOOKING:
        return
    booking = subject.data
    who = booking["customer_info"]
    groups = {"customer": [{"name": who["name"], "email": who["email"]}], "staff": subject.staff}
    for audience, people in groups.items():
        to = [each for each in people if each["email"]]
        if to:
            body = {"type": "booking_confirmation", "audience": audience, "to": to, "booking": booking}
            yield audience, body


def notification(event: str, subject: Subject) -> Bodies:
    """That there is a new booking, for people who work there."""
    booking = subject.data
    what = ", ".join(each["name"] for each in booking["resources"])
    said = {"who": booking["customer_info"]["name"], "what": what, "when": booking["start"]}
    with translation.override(settings.LANGUAGE_CODE):
        message = _("New booking: %(who)s, %(what)s, %(when)s") % said
    yield "", {"type": "new_booking", "message": message, "recipients": subject.staff, "booking": booking}


BODIES: dict[str, Callable[[str, Subject], Bodies]] = {
    Preset.GENERIC: generic,
    Preset.CRM: crm,
    Preset.EMAIL: email,
    Preset.NOTIFICATION: notification,
}
