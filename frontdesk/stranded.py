from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.clock import instant_text, now
from common.errors import DomainError
from frontdesk.planning import find_line_obstacle, list_obstructed_bookings, relocate_bookings
from reservations.domain.lines import Line
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from reservations.policies import Violation
from reservations.services import cancel_reservation
from resources.bookables import Bookable
from resources.catalog import catalog
from resources.stranding import Outcome

HORIZON = timedelta(days=3 * 366)


def list_stranded_bookings(venue_id: int, resource_ids: Sequence[int]) -> list[dict[str, Any]]:
    """For API and admin: bookings to come that the present configuration would refuse, with the reason."""
    at = now()
    bookables = catalog(venue_id).bookables
    obstructed = list_obstructed_bookings(venue_id, resource_ids, at, at + HORIZON)
    return [_describe_stranded(reservation, obstacle, bookables) for reservation, obstacle in obstructed]


def _describe_stranded(
    reservation: Reservation, obstacle: Violation, bookables: Mapping[int, Bookable]
) -> dict[str, Any]:
    return {
        "reservation_id": str(reservation.pk),
        "code": reservation.code,
        "status": reservation.status,
        "start": instant_text(reservation.local_start),
        "end": instant_text(reservation.local_end),
        "time_zone": str(reservation.venue.zone),
        "resources": [bookables[item.resource_id].name for item in reservation.items.all()],
        "customer_name": reservation.customer_name,
        "customer_phone": reservation.phone_text,
        "reason": str(obstacle.reason),
        "message": str(obstacle.message),
    }


def settle_stranded_bookings(ids: Sequence[str], choice: str, user: Any, reason: str) -> Outcome:
    """``move`` to equivalent resources or ``cancel`` without a fee; anything else keeps them."""
    act = {"move": _move, "cancel": _cancel}.get(choice)
    if act is None:
        return Outcome()
    actor, done, problems = Actor(user, Source.STAFF), 0, []
    for reservation in Reservation.objects.filter(pk__in=ids).select_related("venue"):
        try:
            act(reservation, actor, reason)
            done += 1
        except DomainError as error:
            problems.append(f"{reservation.code}: {error}")
    return Outcome(done, tuple(problems))


def _cancel(reservation: Reservation, actor: Actor, reason: str) -> None:
    cancel_reservation(reservation_id=reservation.pk, actor=actor, reason=reason, waive_fee=True)


def _move(reservation: Reservation, actor: Actor, reason: str) -> None:
    """Raises ``SlotTaken``."""
    bookables = catalog(reservation.venue_id).bookables
    for item in reservation.items.all():
        if find_line_obstacle(Line(bookables[item.resource_id], item.units), reservation) is None:
            continue
        relocations = relocate_bookings(
            venue_id=reservation.venue_id,
            resource_id=item.resource_id,
            start=reservation.starts_at,
            end=reservation.ends_at,
            actor=actor,
        )
        own = [relocation for relocation in relocations if relocation.reservation.pk == reservation.pk]
        if any(relocation.to is None for relocation in own):
            raise SlotTaken(_("Nothing equivalent is available. It stays where it is."))
