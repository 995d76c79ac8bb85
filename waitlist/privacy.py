"""What the waitlist holds of a person: read as one document, ended and forgotten with the account."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import privacy
from accounts.privacy import OpenItem, Person, Traces
from common.subjects import Subject
from common.templatetags.holdfast import moment
from reservations.domain.values import Actor
from waitlist.models import SUBJECT, WaitlistEntry, WaitlistOffer
from waitlist.querysets import WaitlistQuerySet
from waitlist.services import leave_waitlist

COLUMNS = (
    *("customer_name", "customer_email", "customer_phone", "preferred_on", "earliest_time", "latest_time"),
    *("duration", "party_size", "status", "created_at"),
)


def of_person(person: Person) -> WaitlistQuerySet:
    """Theirs by the account, or as a guest with the address that is proved to be theirs."""
    return WaitlistEntry.objects.of_person(person.user.pk, person.email)


def _entry(row: WaitlistEntry) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in COLUMNS}
    offers = [{"until": each.deadline_at, "outcome": each.outcome} for each in row.offers.all()]
    phone = str(row.customer_phone or "")
    return shown | {
        "customer_phone": phone,
        "venue": row.venue.name,
        "what": row.thing.name,
        "offers": offers,
    }


class WaitlistPart(privacy.Part):
    """Places in queues, and what is held for them."""

    sections = {"waitlist": ""}
    covers = ("waitlist.WaitlistEntry.customer",)

    def read(self, person: Person) -> dict[str, Any]:
        rows = of_person(person).select_related("venue", "resource", "group").prefetch_related("offers")
        return {"waitlist": [_entry(row) for row in rows.order_by("created_at", "pk")]}

    def subjects(self, person: Person) -> Iterable[Subject]:
        return [Subject(SUBJECT, str(pk)) for pk in of_person(person).values_list("pk", flat=True)]

    def words(self, person: Person) -> Iterable[str]:
        rows = of_person(person).values_list("customer_name", "customer_email", "customer_phone")
        return [str(each) for row in rows for each in row if each]

    def open_items(self, person: Person) -> list[OpenItem]:
        held = WaitlistOffer.objects.filter(
            entry__in=of_person(person), outcome=WaitlistOffer.Outcome.OPEN
        ).select_related("entry__venue", "entry__resource", "entry__group", "reservation__venue")
        return [_open(offer, person) for offer in held]

    def end_quietly(self, person: Person) -> None:
        """First of all: what is cancelled afterwards must not be offered to the same person."""
        held = WaitlistOffer.objects.filter(outcome=WaitlistOffer.Outcome.OPEN).values("entry")
        for entry in of_person(person).active().exclude(pk__in=held):
            leave_waitlist(entry_id=entry.pk, actor=Actor(person.user))

    def losses(self, person: Person) -> list[str]:
        waiting = of_person(person).waiting().count()
        sentence = ngettext("You leave %(number)d waitlist.", "You leave %(number)d waitlists.", waiting) % {
            "number": waiting
        }
        return [sentence] if waiting else []

    def erase(self, person: Person, traces: Traces) -> None:
        of_person(person).update(customer_name="", customer_email="", customer_phone="")


def _open(offer: WaitlistOffer, person: Person) -> OpenItem:
    entry = offer.entry
    what = _("Held for you: %(what)s, %(when)s") % {
        "what": f"{entry.thing.name}, {entry.venue.name}",
        "when": moment(offer.reservation.local_start),
    }
    end = partial(leave_waitlist, entry_id=entry.pk, actor=Actor(person.user))
    return OpenItem(what, _("free of charge"), end)
