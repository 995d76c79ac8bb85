from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F, Max, Q
from django.utils.translation import gettext as _

from accounts import privacy
from accounts.privacy import OpenItem, Person, Traces, contact_of_row
from common import clock
from common.models import StoredAnswer
from common.subjects import Subject
from common.templatetags.holdfast import moment, money
from payments.models import Payment
from reservations.domain.values import Actor
from reservations.enums import CANCELLABLE, MANAGED, SUBJECT, Status
from reservations.models import Reservation, ReservationEvent
from reservations.querysets import ReservationQuerySet
from reservations.selectors import payments_of
from reservations.services import cancel_reservation, cancellation_preview, release_hold

PERSONAL_CHANGES = (
    *("customer_name", "customer_email", "customer_phone", "requests", "reason", "answers"),
    "texts_agreed_how",
)
"""The only entries of the history's ``changes`` that the database's guard lets go."""
NOT_SHOWN = ("id", "link_version", "version", "customer_id", "venue_id", "series_id", "bill_id")


def reservations_of_person(person: Person) -> ReservationQuerySet:
    """By account, or as a guest with their verified email address.

    What a product is in charge of is part of its own personal data.
    """
    if person.only:
        own = Reservation.objects.filter(pk__in=[person.only.id] if person.only.type == SUBJECT else [])
        return own.exclude(purpose__in=MANAGED)
    account_id = person.account and person.account.pk
    bookings = Reservation.objects.of_customer(account_id, person.email, person.guest_phone)
    bookings = bookings.exclude(purpose__in=MANAGED)
    return bookings.filter(venue=person.venue_id) if person.venue_id else bookings


def _describe_booking(reservation: Reservation) -> dict[str, Any]:
    columns = {
        field.attname: getattr(reservation, field.attname) for field in reservation._meta.concrete_fields
    }
    visible = {name: value for name, value in columns.items() if name not in NOT_SHOWN}
    return visible | {
        "customer_phone": str(reservation.customer_phone or ""),
        "venue": reservation.venue.name,
        "resources": [{"name": item.resource.name, "units": item.units} for item in reservation.items.all()],
        "payments": [_describe_payment(payment) for payment in payments_of(reservation)],
        "history": [
            {"at": event.at, "kind": event.kind, "status": event.new_status, "changes": event.changes}
            for event in reservation.events.all()
        ],
    }


def _describe_payment(payment: Payment) -> dict[str, Any]:
    names = ("kind", "amount", "currency", "provider", "provider_reference", "status", "note", "created_at")
    return {name: getattr(payment, name) for name in names}


class ReservationsPart(privacy.Part):
    sections = {"bookings": "With payments and history"}
    covers = ("reservations.Reservation.customer",)
    left_out = {
        "reservations.VenueCustomer.customer": "Another view of the reservations that are exported.",
        "reservations.ReservationEvent.actor": "What somebody did to others' bookings tells of the others.",
    }

    def read(self, person: Person) -> dict[str, Any]:
        reservations = (
            reservations_of_person(person).select_related("venue", "bill").order_by("starts_at", "pk")
        )
        reservations = reservations.prefetch_related("items__resource", "bill__payments", "events")
        return {"bookings": [_describe_booking(reservation) for reservation in reservations]}

    def subjects(self, person: Person) -> Iterable[Subject]:
        return [
            Subject(SUBJECT, str(pk)) for pk in reservations_of_person(person).values_list("pk", flat=True)
        ]

    def words(self, person: Person) -> Iterable[str]:
        rows = reservations_of_person(person).values_list("customer_name", "customer_email", "customer_phone")
        return [str(text) for row in rows for text in row if text]

    def obstacles(self, person: Person) -> list[str]:
        # Not every desk marks who has left: once its time is over, a visit is over.
        here = reservations_of_person(person).filter(status=Status.CHECKED_IN, ends_at__gt=clock.now())
        sentence = _("You're checked in at %(venue)s. Try again after your booking.")
        return [sentence % {"venue": reservation.venue.name} for reservation in here.select_related("venue")]

    def open_items(self, person: Person) -> list[OpenItem]:
        now = clock.now()
        upcoming = reservations_of_person(person).filter(
            status__in=CANCELLABLE - {Status.HELD}, ends_at__gt=now
        )
        reservations = upcoming.select_related("venue", "bill")
        reservations = reservations.prefetch_related("items__resource", "bill__payments")
        return [
            _describe_open_booking(reservation, person, now)
            for reservation in reservations.order_by("starts_at", "pk")
        ]

    def end_quietly(self, person: Person) -> None:
        """Release holds, which cost nothing; who offers some ends them."""
        for hold in reservations_of_person(person).filter(status=Status.HELD).without_offers():
            release_hold(reservation_id=hold.pk, actor=Actor(person.account))

    def guests_last_seen(self) -> Iterable[tuple[str, datetime]]:
        guests = Reservation.objects.filter(customer=None).order_by()
        without_address = guests.filter(customer_email="")
        by_phone = without_address.exclude(customer_phone="")
        yield from guests.exclude(customer_email="").values_list("customer_email").annotate(Max("ends_at"))
        for phone, at in by_phone.values_list("customer_phone").annotate(Max("ends_at")):
            yield str(phone), at
        by_name = without_address.filter(customer_phone="").exclude(customer_name="")
        for id, at in by_name.values_list("pk", "ends_at"):
            yield contact_of_row(Subject(SUBJECT, str(id))), at

    def erase(self, person: Person, traces: Traces) -> None:
        reservations = reservations_of_person(person)
        ids = list(reservations.values_list("pk", flat=True))
        _forget_history(ids)
        StoredAnswer.objects.filter(subject_id__in=map(str, ids)).delete()
        blank = dict.fromkeys(_personal_columns(), "")
        Reservation.objects.filter(pk__in=ids).update(
            **blank,
            answers=[],
            texts_agreed_at=None,
            texts_agreed_how="",
            link_version=F("link_version") + 1,
            version=F("version") + 1,
        )
        Payment.objects.filter(bill__reservation__in=ids).update(note="")


def _personal_columns() -> tuple[str, ...]:
    return ("customer_name", "customer_email", "customer_phone", "requests", "cancel_reason", "title")


def _describe_open_booking(reservation: Reservation, person: Person, now: datetime) -> OpenItem:
    terms = cancellation_preview(reservation, now=now)
    resources = ", ".join(item.resource.name for item in reservation.items.all())
    description = (
        f"{resources}, {reservation.venue.name}, {moment(reservation.local_start)} ({reservation.code})"
    )
    cost = _("fee %(fee)s") % {"fee": money(terms.fee, terms.currency)} if terms.fee else _("Free")
    if terms.refund:
        cost += "; " + _("refund %(refund)s") % {"refund": money(terms.refund, terms.currency)}
    end = partial(cancel_reservation, reservation_id=reservation.pk, actor=Actor(person.account))
    return OpenItem(description, cost, end)


def _forget_history(ids: list[Any]) -> None:
    """Remove what the person wrote from the history; who, when and what else stay."""
    is_personal = Q(pk__in=())
    for key in PERSONAL_CHANGES:
        is_personal |= Q(changes__has_key=key)
    for event in ReservationEvent.objects.filter(is_personal, reservation__in=ids):
        other_changes = {key: value for key, value in event.changes.items() if key not in PERSONAL_CHANGES}
        ReservationEvent.objects.filter(pk=event.pk).update(changes=other_changes)
