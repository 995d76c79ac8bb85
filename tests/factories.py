"""Real rows for tests, with sensible defaults; every argument can be overridden."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from common.transactions import atomic_change
from payments.models import Payment
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.models import Reservation
from reservations.services import book_reservation, hold_reservation
from resources.enums import ChoiceRule, ResourceKind, Role
from resources.models import (
    BookingRules,
    CancellationPolicy,
    CancellationTier,
    OpeningHours,
    Resource,
    ResourceGroup,
    ResourceGroupMember,
    ResourcePart,
    Venue,
    VenueMembership,
)
from resources.stamps import touch_venues

PASSWORD = "correct horse battery"
GUEST = Customer(name="Ada Lovelace", email="ada@example.com", phone="+493012345678")
_numbers = itertools.count(100_001)  # of as many digits: names sort as they were made


def make_user(email: str = "", **fields: Any) -> User:
    return User.objects.create_user(email or f"user{next(_numbers)}@example.com", PASSWORD, **fields)


def make_venue(**fields: Any) -> Venue:
    number = next(_numbers)
    defaults = {
        "name": f"Venue {number}",
        "slug": f"venue-{number}",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "country": "DE",
    }
    return Venue.objects.create(**(defaults | fields))


def make_member(venue: Venue, role: str = Role.STAFF, **fields: Any) -> User:
    user = make_user(is_staff=True, **fields)
    VenueMembership.objects.create(venue=venue, user=user, role=role)
    return user


def make_leader(resource: Resource, **fields: Any) -> User:
    """A facilitator for whom the resource stands: they see its reservations."""
    user = make_member(resource.venue, Role.FACILITATOR, **fields)
    Resource.objects.filter(pk=resource.pk).update(person=user)
    return user


def make_rules(venue: Venue, **fields: Any) -> BookingRules:
    durations = {"min_duration": 30, "max_duration": 480, "default_duration": 60}
    defaults = {"name": f"Rules {next(_numbers)}"} | durations
    return BookingRules.objects.create(venue=venue, **(defaults | fields))


def open_always(venue: Venue, resource: Resource | None = None) -> None:
    """Open around the clock."""
    open_weekly(venue, time(0), time(0), resource=resource)


def open_weekly(
    venue: Venue,
    start: time,
    end: time,
    *,
    weekdays: Iterable[int] = range(7),
    resource: Resource | None = None,
) -> None:
    OpeningHours.objects.bulk_create(
        OpeningHours(venue=venue, resource=resource, weekday=weekday, start_time=start, end_time=end)
        for weekday in weekdays
    )
    touch_venues([venue.pk])


def make_resource(
    venue: Venue | None = None, *, rules: BookingRules | None = None, **fields: Any
) -> Resource:
    """A room for eight at 25.00 an hour; without a venue, in a new one that is always open."""
    number = next(_numbers)
    with atomic_change():  # one, whatever it takes: the venue gets one stamp
        if venue is None:
            venue = make_venue()
            open_always(venue)
        defaults = {
            "name": f"Room {number}",
            "slug": f"room-{number}",
            "kind": ResourceKind.ROOM,
            "capacity": 8,
            "hourly_rate": Decimal("25.00"),
            "observes_holidays": False,
            "rules": rules or make_rules(venue),
        }
        return Resource.objects.create(venue=venue, **(defaults | fields))


def make_lodging() -> Resource:
    """Booked by nights, from 15:00 to 11:00, for €90 each."""
    venue = make_venue(time_zone="UTC")
    open_weekly(venue, time(15), time(15))
    rules = make_rules(
        venue,
        slot_step=60,
        min_duration=1140,
        default_duration=1200,
        max_duration=1200 + 6 * 1440,
        buffer_after=240,
    )
    return make_resource(venue, rules=rules, kind=ResourceKind.LODGING, hourly_rate=Decimal("4.50"))


def make_whole(parts: Iterable[Resource], **fields: Any) -> Resource:
    parts = list(parts)
    whole = make_resource(parts[0].venue, rules=parts[0].rules, **fields)
    with atomic_change():
        for part in parts:
            ResourcePart.objects.create(whole=whole, part=part)
    return whole


def make_group(
    members: Iterable[Resource], choice_rule: str = ChoiceRule.IN_ORDER, **fields: Any
) -> ResourceGroup:
    members = list(members)
    number = next(_numbers)
    defaults = {"name": f"Group {number}", "slug": f"group-{number}"}
    with atomic_change():
        group = ResourceGroup.objects.create(
            venue=members[0].venue, choice_rule=choice_rule, **(defaults | fields)
        )
        for position, member in enumerate(members):
            ResourceGroupMember.objects.create(group=group, resource=member, position=position)
    return group


def make_policy(venue: Venue, *tiers: tuple[int, str, str]) -> CancellationPolicy:
    """Tiers as (hours before, percentage, fee)."""
    with atomic_change():
        policy = CancellationPolicy.objects.create(venue=venue, name=f"Policy {next(_numbers)}")
        for hours, percentage, fee in tiers:
            CancellationTier.objects.create(
                policy=policy,
                hours_before=hours,
                refund_percentage=Decimal(percentage),
                fee_amount=Decimal(fee),
            )
    return policy


def at(days: int = 7, hour: int = 10, minute: int = 0) -> datetime:
    """A whole minute ``days`` from today, UTC."""
    day = datetime.now(tz=UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return day + timedelta(days=days)


def payments_for(reservation: Reservation) -> QuerySet[Payment]:
    """As the ledger has them at this moment, however old ``reservation`` is."""
    return Payment.objects.filter(bill__reservation=reservation)


def book(resource: Resource, start: datetime | None = None, minutes: int = 60, **fields: Any) -> Reservation:
    """Books one resource through the service, as a guest unless told otherwise."""
    start = start or at()
    defaults: dict[str, Any] = {
        "venue_id": resource.venue_id,
        "items": [ItemRequest(resource.pk)],
        "start": start,
        "end": start + timedelta(minutes=minutes),
        "customer": GUEST,
        "actor": Actor(),
    }
    return book_reservation(**(defaults | fields))


def hold(resource: Resource, start: datetime | None = None, minutes: int = 60, **fields: Any) -> Reservation:
    start = start or at()
    defaults: dict[str, Any] = {
        "venue_id": resource.venue_id,
        "items": [ItemRequest(resource.pk)],
        "start": start,
        "end": start + timedelta(minutes=minutes),
        "actor": Actor(),
    }
    return hold_reservation(**(defaults | fields))
