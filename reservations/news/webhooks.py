from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from common.registry import Registry
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Payment
from reservations.api.serializers import PaymentSerializer, ReservationSerializer
from reservations.enums import OF_VENUE, EventKind, Purpose, Status
from reservations.models import Reservation, ReservationEvent
from reservations.selectors import find_leaders, reservations_in_detail
from resources.enums import Role
from resources.models import VenueMembership
from webhooks.enums import Preset
from webhooks.events import Bodies, Event, EventReport, Json, as_json, without_actions
from webhooks.events import events as known_events
from webhooks.telling import News, write_deliveries


class BookingPart(NamedTuple):
    """What a product says of bookings of its own to the services of the presets, and who leads them there.

    ``describe`` gives what stands beside the rest in `booking`, such as ``{"session": {…}}``, or nothing;
    ``leaders`` are told in place of the venue's staff, where there are any. Both are asked only when an
    endpoint listens.
    """

    describe: Callable[[Reservation], Json]
    leaders: Callable[[Reservation], Sequence[User]]


booking_parts: Registry[BookingPart] = Registry("what products say of bookings")
KINDS = {
    EventKind.CONFIRMED: "confirmed",
    EventKind.DECLINED: "declined",
    EventKind.RESCHEDULED: "changed",
    EventKind.EDITED: "changed",
    EventKind.CANCELLED: "cancelled",
    EventKind.CHECKED_IN: "checked_in",
    EventKind.COMPLETED: "completed",
    EventKind.NO_SHOW: "no_show",
    EventKind.UNDONE: "changed",
    EventKind.EXPIRED: "expired",
}
CRM = frozenset({Preset.CRM})
CRM_AND_STAFF = CRM | {Preset.NOTIFICATION}


class ToldReservation(ReservationSerializer):
    """A reservation as staff read it, at that moment."""

    class Meta(ReservationSerializer.Meta):
        fields = without_actions(ReservationSerializer.Meta.fields)  # type: ignore[assignment]


class ToldPayment(ToldReservation):
    """A reservation with the line of its ledger that is told."""

    # Context: payment.
    payment = PaymentSerializer(read_only=True)  # type: ignore[assignment]

    class Meta(ToldReservation.Meta):
        pass

    def read_payment(self, reservation: Reservation) -> Payment:  # type: ignore[override]
        payment: Payment = self.context["payment"]
        return payment


EVENTS = {
    "reservation.requested": Event(CRM_AND_STAFF, ToldReservation, "A booking awaits approval."),
    "reservation.confirmed": Event(
        CRM_AND_STAFF | {Preset.EMAIL}, ToldReservation, "A booking is confirmed."
    ),
    "reservation.declined": Event(CRM, ToldReservation, "Staff have declined a request."),
    "reservation.changed": Event(CRM, ToldReservation, "Time, places or details have changed."),
    "reservation.cancelled": Event(CRM, ToldReservation, "A booking was cancelled."),
    "reservation.checked_in": Event(CRM, ToldReservation, "The guests are here."),
    "reservation.completed": Event(CRM, ToldReservation, "The guests have left."),
    "reservation.no_show": Event(CRM, ToldReservation, "Nobody came."),
    "reservation.expired": Event(CRM, ToldReservation, "A request ran out without an answer or a deposit."),
    "payment.succeeded": Event(shape=ToldPayment, about="Money was taken."),
    "payment.failed": Event(shape=ToldPayment, about="A payment has failed."),
    "refund.succeeded": Event(shape=ToldPayment, about="Money was returned."),
    "refund.failed": Event(shape=ToldPayment, about="A refund has failed."),
}


def register_events() -> None:
    for name, event in EVENTS.items():
        known_events.register(name, event)


def tell_of_reservations(*, events: Sequence[ReservationEvent], **kwargs: Any) -> None:
    rows = ToldRows([event.reservation.pk for event in events])
    write_deliveries(
        [
            News(name, event.venue_id, f"event:{event.pk}", BookingReport(rows, event.reservation.pk))
            for event in events
            if (name := reservation_event(event))
        ]
    )


def tell_of_payments(*, paid: Sequence[tuple[Payment, Reservation]], **kwargs: Any) -> None:
    rows = ToldRows([reservation.pk for _payment, reservation in paid])
    write_deliveries(
        [
            News(
                payment_event(payment),
                reservation.venue_id,
                f"payment:{payment.pk}:{payment.status}",
                BookingReport(rows, reservation.pk, payment),
            )
            for payment, reservation in paid
        ]
    )


def reservation_event(event: ReservationEvent) -> str | None:
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


@dataclass
class ToldRows:
    """What is told of at once is read at once, when the first report is made."""

    ids: Sequence[UUID]

    @cached_property
    def by_id(self) -> Mapping[UUID, Reservation]:
        return {row.pk: row for row in reservations_in_detail().filter(pk__in=self.ids)}


class BookingReport(EventReport):
    def __init__(self, rows: ToldRows, reservation_id: UUID, payment: Payment | None = None) -> None:
        self.rows, self.reservation_id, self.payment = rows, reservation_id, payment

    @property
    def reservation(self) -> Reservation:
        return self.rows.by_id[self.reservation_id]

    @cached_property
    def data(self) -> Json:
        shape = ToldPayment if self.payment else ToldReservation
        context = {"user": AnonymousUser(), "payment": self.payment}
        with translation.override(settings.LANGUAGE_CODE):
            return as_json(shape(self.reservation, context=context).data)

    @cached_property
    def booking(self) -> Json:
        described = (part.describe(self.reservation) for part in booking_parts)
        return {name: value for each in (*described, self.data) for name, value in each.items()}

    @cached_property
    def staff(self) -> list[Json]:
        leaders = {user for part in booking_parts for user in part.leaders(self.reservation)}
        if leaders:
            return [_name(user) for user in sorted(leaders, key=lambda user: user.email)]
        venue = self.reservation.venue
        if venue.email:
            return [{"name": venue.name, "email": venue.email}]
        memberships = VenueMembership.objects.filter(venue=venue, role__in=(Role.MANAGER, Role.FACILITATOR))
        members = list(memberships.select_related("user").order_by("created_at", "pk"))
        facilitators = [member.user for member in members if member.role == Role.FACILITATOR]
        leaders = find_leaders(self.reservation, facilitators)
        told = [member.user for member in members if member.role == Role.MANAGER or member.user in leaders]
        return [_name(user) for user in told]

    @property
    def is_customers(self) -> bool:
        """Not what blocks a time: that is nobody's booking."""
        return self.reservation.purpose not in OF_VENUE

    def crm(self, event: str) -> Bodies:
        if not self.is_customers:
            return
        booking = self.booking
        customer = {"id": booking["user_id"], **booking["customer_info"]}
        yield "", {"type": event, "customer": customer, "booking": booking}

    def email(self, event: str) -> Bodies:
        if self.reservation.purpose != Purpose.BOOKING:
            return
        booking = self.booking
        customer = booking["customer_info"]
        groups = {"customer": [{"name": customer["name"], "email": customer["email"]}], "staff": self.staff}
        for audience, people in groups.items():
            recipients = [person for person in people if person["email"]]
            if recipients:
                body = {
                    "type": "booking_confirmation",
                    "audience": audience,
                    "to": recipients,
                    "booking": booking,
                }
                yield audience, body

    def notification(self, event: str) -> Bodies:
        if not self.is_customers:
            return
        booking = self.booking
        resources = ", ".join(resource["name"] for resource in booking["resources"])
        what = self.reservation.title or resources
        values = {"who": self.reservation.who, "what": what, "when": booking["start"]}
        with translation.override(settings.LANGUAGE_CODE):
            message = _("New booking: %(who)s, %(what)s, %(when)s") % values
        yield "", {"type": "new_booking", "message": message, "recipients": self.staff, "booking": booking}


def _name(user: User) -> Json:
    return {"name": str(user.get_full_name()), "email": user.email}
