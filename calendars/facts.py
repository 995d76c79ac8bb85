"""Reservations as the facts of calendar events, by who reads them."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from calendars.ical import EventFacts, Person, uid_host
from reservations.enums import Purpose, Status
from reservations.links import token_for
from reservations.models import Reservation
from scheduling.zones import from_minute

STATUS = {
    Status.HELD: "TENTATIVE",
    Status.PENDING: "TENTATIVE",
    Status.CANCELLED: "CANCELLED",
    Status.DECLINED: "CANCELLED",
    Status.EXPIRED: "CANCELLED",
}
"""Of VEVENT; everything else is CONFIRMED."""
CALLED_OFF = "CANCELLED"


class Row(NamedTuple):
    """One booked resource with its reservation and venue; the columns of ``FIELDS``, in their order."""

    id: UUID
    code: str
    link_version: int
    version: int
    status: str
    purpose: str
    title: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime
    party_size: int
    requests: str
    customer_name: str
    customer_email: str
    customer_phone: Any
    venue_name: str
    zone: Any
    street: str
    postal_code: str
    city: str
    venue_email: str
    thing: str


_OF_VENUE = {
    "venue_name": "name",
    "zone": "time_zone",
    "street": "street",
    "postal_code": "postal_code",
    "city": "city",
    "venue_email": "email",
}


def _path(name: str) -> str:
    if name == "thing":
        return "resource__name"
    return f"reservation__venue__{_OF_VENUE[name]}" if name in _OF_VENUE else f"reservation__{name}"


FIELDS = tuple(_path(name) for name in Row._fields)
"""Of ``ReservationItem``."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom events are written: ``own`` ones carry the secret link and an alarm."""

    own: bool
    alarm: timedelta | None = None


def event_facts(row: Row, things: list[str], reader: Reader) -> EventFacts:
    status = STATUS.get(Status(row.status), "CONFIRMED")
    named = ", ".join(things)
    return EventFacts(
        uid=uid_of(row.id),
        summary=_summary(row, named, reader),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        zone=str(row.zone),
        stamp=row.updated_at,
        sequence=row.version - 1,
        created=row.created_at,
        status=status,
        is_opaque=status != CALLED_OFF,
        location=_location(row, named),
        description=_description(row, reader),
        url=_url(row, reader),
        categories=(str(Purpose(row.purpose).label),),
        organizer=organizer(row.venue_name, row.venue_email),
        alarm=reader.alarm if status != CALLED_OFF else None,
    )


def uid_of(reservation_id: UUID) -> str:
    """The same for ever, in feeds, files and invitations."""
    return f"{reservation_id}@{uid_host(settings.SITE_URL)}"


def organizer(name: str, email: str) -> Person:
    """The venue; without an address of its own, it is the one that mail comes from."""
    return Person(name, email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1])


def _summary(row: Row, things: str, reader: Reader) -> str:
    if reader.own:
        return f"{things} · {row.venue_name}"
    who = row.title or row.customer_name or _("Held")
    return f"{things}: {who}" + (f" ({row.party_size})" if row.party_size > 1 else "")


def _location(row: Row, things: str) -> str:
    town = f"{row.postal_code} {row.city}".strip()
    return ", ".join(part for part in (things, row.venue_name, row.street, town) if part)


def _description(row: Row, reader: Reader) -> str:
    lines = [
        _("Confirmation code: %s") % row.code,
        _("People: %d") % row.party_size,
        _("Status: %s") % Status(row.status).label,
    ]
    if reader.own:
        lines.append(_("Change or cancel: %s") % _manage_url(row))
    else:
        contact = (row.customer_name, row.customer_email, str(row.customer_phone or ""))
        lines += [" · ".join(part for part in contact if part)]
        lines += [_("Requests: %s") % row.requests] if row.requests else []
    return "\n".join(line for line in lines if line)


def _url(row: Row, reader: Reader) -> str:
    if reader.own:
        return _manage_url(row)
    return f"{settings.SITE_URL}{reverse('admin:reservations_reservation_change', args=[row.id])}"


def _manage_url(row: Row) -> str:
    token = token_for(Reservation(pk=row.id, link_version=row.link_version))
    return f"{settings.SITE_URL}{reverse('reservation-manage', args=[row.id, token])}"


def busy_facts(start: int, end: int, *, resource_id: UUID, zone: str, stamp: datetime) -> EventFacts:
    """A time that is taken, and nothing else about it; UTC minutes."""
    named = f"{resource_id}:{start}:{end}".encode()
    key = hmac.new(settings.SECRET_KEY.encode(), b"calendars.busy:" + named, hashlib.sha256).hexdigest()
    return EventFacts(
        uid=f"{key[:32]}@{uid_host(settings.SITE_URL)}",
        summary=_("Busy"),
        starts_at=from_minute(start),
        ends_at=from_minute(end),
        zone=zone,
        stamp=stamp,
    )


def row_of(reservation: Reservation) -> Row:
    """The columns from a loaded reservation; what it books is named apart."""
    venue = reservation.venue
    values = {name: getattr(venue, column) for name, column in _OF_VENUE.items()} | {"thing": ""}
    return Row(
        **{name: values[name] if name in values else getattr(reservation, name) for name in Row._fields}
    )


def facts_of(reservation: Reservation, reader: Reader) -> EventFacts:
    """Of one reservation, loaded with venue and items."""
    things = [item.resource.name for item in reservation.items.all()]
    return event_facts(row_of(reservation), things, reader)
