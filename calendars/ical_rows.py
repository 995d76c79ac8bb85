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

from calendars.ical import IcalEvent, Participant, uid_host
from common.postal import postal_lines
from reservations.domain.whereabouts import find_elsewhere
from reservations.enums import OF_VENUE, Purpose, Status
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
"""VEVENT states; every other reservation is CONFIRMED."""
CALLED_OFF = "CANCELLED"


class IcalRow(NamedTuple):
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
    country: str
    subdivision: str
    venue_email: str
    thing: str
    resource_id: int
    extension: str


_OF_VENUE = {
    "venue_name": "name",
    "zone": "time_zone",
    "street": "street",
    "postal_code": "postal_code",
    "city": "city",
    "country": "country",
    "subdivision": "subdivision",
    "venue_email": "email",
}


_OF_THING = {"thing": "resource__name", "resource_id": "resource_id", "extension": "resource__extension"}


def _path(name: str) -> str:
    if name in _OF_THING:
        return _OF_THING[name]
    return f"reservation__venue__{_OF_VENUE[name]}" if name in _OF_VENUE else f"reservation__{name}"


FIELDS = tuple(_path(name) for name in IcalRow._fields)


@dataclass(frozen=True, slots=True)
class Reader:
    """``is_own``: their bookings carry the secret link and an alarm."""

    is_own: bool
    alarm: timedelta | None = None


def make_ical_event(row: IcalRow, things: list[str], reader: Reader, elsewhere: str = "") -> IcalEvent:
    """``elsewhere``: where it takes place, if not at the venue."""
    status = STATUS.get(Status(row.status), "CONFIRMED")
    title = ", ".join(things)
    return IcalEvent(
        uid=uid_of(row.id),
        summary=_summary(row, title, reader),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        zone=str(row.zone),
        stamp=row.updated_at,
        sequence=row.version - 1,
        created=row.created_at,
        status=status,
        is_opaque=status != CALLED_OFF,
        location=elsewhere or _location(row, title),
        description=_description(row, reader),
        url=_url(row, reader),
        categories=(str(Purpose(row.purpose).label),),
        organizer=organizer(row.venue_name, row.venue_email),
        alarm=reader.alarm if status != CALLED_OFF else None,
    )


def uid_of(reservation_id: UUID) -> str:
    return f"{reservation_id}@{uid_host(settings.SITE_URL)}"


def organizer(name: str, email: str) -> Participant:
    """The venue, with the address that mail comes from if it has none of its own."""
    return Participant(name, email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1])


def _summary(row: IcalRow, things: str, reader: Reader) -> str:
    is_venues = row.purpose in OF_VENUE
    booked = things if is_venues else row.title or things
    if reader.is_own:
        return f"{booked} · {row.venue_name}"
    who = (row.title if is_venues else row.customer_name or str(row.customer_phone or "")) or _("Held")
    return f"{booked}: {who}" + (f" ({row.party_size})" if row.party_size > 1 else "")


def _location(row: IcalRow, things: str) -> str:
    lines = postal_lines(
        street=row.street,
        postal_code=row.postal_code,
        city=row.city,
        country=row.country,
        subdivision=row.subdivision,
    )
    return ", ".join(part for part in (things, row.venue_name, *lines) if part)


def _description(row: IcalRow, reader: Reader) -> str:
    lines = [
        _("Confirmation code: %s") % row.code,
        _("People: %d") % row.party_size,
        _("Status: %s") % Status(row.status).label,
    ]
    if reader.is_own:
        lines.append(_("Change or cancel: %s") % _manage_url(row))
    else:
        contact = (row.customer_name, row.customer_email, str(row.customer_phone or ""))
        lines += [" · ".join(part for part in contact if part)]
        lines += [_("Requests: %s") % row.requests] if row.requests else []
    return "\n".join(line for line in lines if line)


def _url(row: IcalRow, reader: Reader) -> str:
    if reader.is_own:
        return _manage_url(row)
    return f"{settings.SITE_URL}{reverse('admin:reservations_reservation_change', args=[row.id])}"


def _manage_url(row: IcalRow) -> str:
    token = token_for(Reservation(pk=row.id, link_version=row.link_version))
    return f"{settings.SITE_URL}{reverse('reservation-manage', args=[row.id, token])}"


def make_busy_event(start: int, end: int, *, resource_id: UUID, zone: str, stamp: datetime) -> IcalEvent:
    # A keyed hash: stable for calendar programs, but nobody can work out the resource from it.
    identity = f"{resource_id}:{start}:{end}".encode()
    key = hmac.new(settings.SECRET_KEY.encode(), b"calendars.busy:" + identity, hashlib.sha256).hexdigest()
    return IcalEvent(
        uid=f"{key[:32]}@{uid_host(settings.SITE_URL)}",
        summary=_("Busy"),
        starts_at=from_minute(start),
        ends_at=from_minute(end),
        zone=zone,
        stamp=stamp,
    )


def make_ical_row(reservation: Reservation) -> IcalRow:
    venue = reservation.venue
    of_venue = {name: getattr(venue, column) for name, column in _OF_VENUE.items()}
    values: dict[str, Any] = of_venue | {"thing": "", "resource_id": 0, "extension": ""}
    return IcalRow(
        **{name: values[name] if name in values else getattr(reservation, name) for name in IcalRow._fields}
    )


def read_ical_event(reservation: Reservation, reader: Reader) -> IcalEvent:
    """The reservation comes with venue and items."""
    things = [item.resource.name for item in reservation.items.all()]
    return make_ical_event(make_ical_row(reservation), things, reader, find_elsewhere(reservation))
