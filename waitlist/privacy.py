from collections.abc import Iterable
from datetime import UTC, datetime, time
from functools import partial
from typing import Any

from django.db.models import F, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import privacy
from accounts.privacy import OpenItem, Person, Traces, contact_of_row
from common.subjects import Subject
from common.templatetags.holdfast import moment
from reservations.domain.values import Actor
from reservations.enums import SUBJECT as BOOKING
from waitlist.models import SUBJECT, WaitlistEntry, WaitlistOffer
from waitlist.naming import name_entry
from waitlist.querysets import WaitlistQuerySet
from waitlist.services import leave_waitlist

COLUMNS = (
    *("customer_name", "customer_email", "customer_phone", "preferred_on", "earliest_time", "latest_time"),
    *("duration", "party_size", "status", "created_at"),
)


def entries_of_person(person: Person) -> WaitlistQuerySet:
    """By account, or as a guest with their verified email address."""
    if person.only:
        return WaitlistEntry.objects.filter(_is_only(person.only))
    account_id = person.account and person.account.pk
    entries = WaitlistEntry.objects.of_person(account_id, person.email, person.guest_phone)
    return entries.filter(venue=person.venue_id) if person.venue_id else entries


def _is_only(subject: Subject) -> Q:
    """The entry itself, or the one whose offer became the booking."""
    if subject.type == SUBJECT:
        return Q(pk=subject.id)
    return Q(offers__reservation=subject.id) if subject.type == BOOKING else Q(pk__in=())


def _describe_entry(entry: WaitlistEntry) -> dict[str, Any]:
    columns = {name: getattr(entry, name) for name in COLUMNS}
    offers = [{"until": offer.deadline_at, "outcome": offer.outcome} for offer in entry.offers.all()]
    phone = str(entry.customer_phone or "")
    return columns | {
        "customer_phone": phone,
        "venue": entry.venue.name,
        "what": name_entry(entry),
        "offers": offers,
    }


class WaitlistPart(privacy.Part):
    sections = {"waitlist": ""}
    covers = ("waitlist.WaitlistEntry.customer",)

    def read(self, person: Person) -> dict[str, Any]:
        entries = (
            entries_of_person(person).select_related("venue", "resource", "group").prefetch_related("offers")
        )
        return {"waitlist": [_describe_entry(entry) for entry in entries.order_by("created_at", "pk")]}

    def subjects(self, person: Person) -> Iterable[Subject]:
        return [Subject(SUBJECT, str(pk)) for pk in entries_of_person(person).values_list("pk", flat=True)]

    def words(self, person: Person) -> Iterable[str]:
        rows = entries_of_person(person).values_list("customer_name", "customer_email", "customer_phone")
        return [str(text) for row in rows for text in row if text]

    def open_items(self, person: Person) -> list[OpenItem]:
        open_offers = WaitlistOffer.objects.filter(
            entry__in=entries_of_person(person), outcome=WaitlistOffer.Outcome.OPEN
        ).select_related("entry__venue", "entry__resource", "entry__group", "reservation__venue")
        return [_describe_offer(offer, person) for offer in open_offers]

    # Runs before bookings are cancelled: what that frees must not be offered to the same person.
    def end_quietly(self, person: Person) -> None:
        with_open_offer = WaitlistOffer.objects.filter(outcome=WaitlistOffer.Outcome.OPEN).values("entry")
        for entry in entries_of_person(person).active().exclude(pk__in=with_open_offer):
            leave_waitlist(entry_id=entry.pk, actor=Actor(person.account))

    def losses(self, person: Person) -> list[str]:
        waiting = entries_of_person(person).waiting().count()
        sentence = ngettext(
            "You'll leave %(number)d waitlist.", "You'll leave %(number)d waitlists.", waiting
        ) % {"number": waiting}
        return [sentence] if waiting else []

    def guests_last_seen(self) -> Iterable[tuple[str, datetime]]:
        guests = WaitlistEntry.objects.filter(customer=None).order_by()
        without_address = guests.filter(customer_email="")
        by_phone = without_address.exclude(customer_phone="")
        by_email = guests.exclude(customer_email="")
        for rows, name in ((by_email, "customer_email"), (by_phone, "customer_phone")):
            for contact, day in rows.values_list(name).annotate(Max("preferred_on")):
                yield str(contact), datetime.combine(day, time.max, UTC)
        by_name = without_address.filter(customer_phone="").exclude(customer_name="")
        for id, day in by_name.values_list("pk", "preferred_on"):
            yield contact_of_row(Subject(SUBJECT, str(id))), datetime.combine(day, time.max, UTC)

    def erase(self, person: Person, traces: Traces) -> None:
        entries_of_person(person).update(
            customer_name="", customer_email="", customer_phone="", link_version=F("link_version") + 1
        )


def _describe_offer(offer: WaitlistOffer, person: Person) -> OpenItem:
    entry = offer.entry
    description = _("Held for you: %(what)s, %(when)s") % {
        "what": f"{name_entry(entry)}, {entry.venue.name}",
        "when": moment(offer.reservation.local_start),
    }
    end = partial(leave_waitlist, entry_id=entry.pk, actor=Actor(person.account))
    return OpenItem(description, _("Free"), end)
