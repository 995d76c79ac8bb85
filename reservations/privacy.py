"""What reservations hold of a person: read as one document, ended and forgotten with the account."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts import privacy
from accounts.privacy import OpenItem, Person, Traces
from common import clock
from common.models import StoredAnswer
from common.subjects import Subject
from common.templatetags.holdfast import moment, money
from payments.models import Payment
from reservations.domain.values import Actor
from reservations.enums import CANCELLABLE, SUBJECT, Source, Status
from reservations.models import Reservation, ReservationEvent
from reservations.querysets import ReservationQuerySet
from reservations.selectors import payments_of
from reservations.services import cancel_reservation, cancellation_preview, release_hold

PERSONAL_CHANGES = ("customer_name", "customer_email", "customer_phone", "requests", "reason", "answers")
"""Entries of the history's ``changes`` that the database lets go, and nothing else of it: see the guard."""
NOT_SHOWN = ("id", "link_version", "version", "customer_id", "venue_id", "series_id", "bill_id")


def of_person(person: Person) -> ReservationQuerySet:
    """Theirs by the account, or as a guest with the address that is proved to be theirs."""
    return Reservation.objects.of_customer(person.user.pk, person.email)


def _booking(row: Reservation) -> dict[str, Any]:
    """All columns but the inner ones, with what was booked, paid and changed."""
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    shown = {name: value for name, value in columns.items() if name not in NOT_SHOWN}
    return shown | {
        "customer_phone": str(row.customer_phone or ""),
        "venue": row.venue.name,
        "resources": [{"name": item.resource.name, "units": item.units} for item in row.items.all()],
        "payments": [_payment(payment) for payment in payments_of(row)],
        "history": [
            {"at": event.at, "kind": event.kind, "status": event.new_status, "changes": event.changes}
            for event in row.events.all()
        ],
    }


def _payment(payment: Payment) -> dict[str, Any]:
    names = ("kind", "amount", "currency", "provider", "provider_reference", "status", "note", "created_at")
    return {name: getattr(payment, name) for name in names}


class ReservationsPart(privacy.Part):
    """Bookings: those to come are cancelled, those that were lose the name."""

    sections = {"bookings": "With payments and history"}
    covers = ("reservations.Reservation.customer",)
    left_out = {
        "reservations.ReservationEvent.actor": "What somebody did to others' bookings tells of the others.",
    }

    def read(self, person: Person) -> dict[str, Any]:
        rows = of_person(person).select_related("venue", "bill").order_by("starts_at", "pk")
        rows = rows.prefetch_related("items__resource", "bill__payments", "events")
        return {"bookings": [_booking(row) for row in rows]}

    def subjects(self, person: Person) -> Iterable[Subject]:
        return [Subject(SUBJECT, str(pk)) for pk in of_person(person).values_list("pk", flat=True)]

    def words(self, person: Person) -> Iterable[str]:
        rows = of_person(person).values_list("customer_name", "customer_email", "customer_phone")
        return [str(each) for row in rows for each in row if each]

    def obstacles(self, person: Person) -> list[str]:
        here = of_person(person).filter(status=Status.CHECKED_IN).select_related("venue")
        sentence = _("You are checked in at %(venue)s; this is possible once that is over.")
        return [sentence % {"venue": each.venue.name} for each in here]

    def open_items(self, person: Person) -> list[OpenItem]:
        now = clock.now()
        coming = of_person(person).filter(status__in=CANCELLABLE - {Status.HELD}, ends_at__gt=now)
        rows = coming.select_related("venue", "bill")
        rows = rows.prefetch_related("items__resource", "bill__payments")
        return [_open(row, person, now) for row in rows.order_by("starts_at", "pk")]

    def end_quietly(self, person: Person) -> None:
        """Times that are held while booking cost nothing; what is held as an offer ends with it."""
        held = of_person(person).filter(status=Status.HELD).exclude(source=Source.WAITLIST)
        for row in held:
            release_hold(reservation_id=row.pk, actor=Actor(person.user))

    def erase(self, person: Person, traces: Traces) -> None:
        rows = of_person(person)
        ids = list(rows.values_list("pk", flat=True))
        _forget_history(ids)
        StoredAnswer.objects.filter(subject_id__in=map(str, ids)).delete()
        blank = dict.fromkeys(_personal_columns(), "")
        Reservation.objects.filter(pk__in=ids).update(
            **blank, answers=[], link_version=F("link_version") + 1, version=F("version") + 1
        )
        Payment.objects.filter(bill__reservation__in=ids).update(note="")


def _personal_columns() -> tuple[str, ...]:
    return ("customer_name", "customer_email", "customer_phone", "requests", "cancel_reason", "title")


def _open(row: Reservation, person: Person, now: datetime) -> OpenItem:
    terms = cancellation_preview(row, now=now)
    things = ", ".join(item.resource.name for item in row.items.all())
    what = f"{things}, {row.venue.name}, {moment(row.local_start)} ({row.code})"
    if not terms.fee:
        cost = _("free of charge")
    else:
        cost = _("costs %(fee)s") % {"fee": money(terms.fee, terms.currency)}
    if terms.refund:
        cost += "; " + _("%(refund)s goes back") % {"refund": money(terms.refund, terms.currency)}
    end = partial(cancel_reservation, reservation_id=row.pk, actor=Actor(person.user))
    return OpenItem(what, cost, end)


def _forget_history(ids: list[Any]) -> None:
    """Takes the person's words out of what was written down; who, when and what else stay."""
    named = Q(pk__in=())
    for key in PERSONAL_CHANGES:
        named |= Q(changes__has_key=key)
    for event in ReservationEvent.objects.filter(named, reservation__in=ids):
        kept = {key: value for key, value in event.changes.items() if key not in PERSONAL_CHANGES}
        ReservationEvent.objects.filter(pk=event.pk).update(changes=kept)
