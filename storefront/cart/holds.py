"""The visitor's open holds: those their browser's session remembers, and their account's."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from common import clock
from reservations.enums import Purpose, Status
from reservations.links import FIRST_VERSION, token_for
from reservations.models import Reservation
from reservations.querysets import ReservationQuerySet
from reservations.remembered_holds import HOLDS, MOST_HOLDS
from reservations.selectors import reservations_in_detail
from resources.bookables import Bookable
from scheduling.reasons import Reason
from search.slots import SlotView


def _own_condition(request: HttpRequest) -> Q:
    return is_own_condition(request, request.session.get(HOLDS, []))


def is_own_condition(request: HttpRequest, remembered: Sequence[str]) -> Q:
    """What this browser has made, as long as it has not become somebody else's, and the account's own."""
    is_own = Q(pk__in=[UUID(pk) for pk in remembered], link_version=FIRST_VERSION)
    return is_own | Q(customer_id=request.user.pk) if request.user.is_authenticated else is_own


def list_holds(request: HttpRequest) -> ReservationQuerySet:
    """Holds that the visitor can still book, except those that are offered to them."""
    own_holds = Reservation.objects.filter(
        _own_condition(request), status=Status.HELD, purpose=Purpose.BOOKING, expires_at__gt=clock.now()
    )
    return own_holds.without_offers()


class OwnSlot(NamedTuple):
    """Held by the visitor, who goes on at ``path``; else their hold ``is_in_the_way``."""

    path: str
    is_in_the_way: bool


def find_own_slots(
    request: HttpRequest, bookables: Iterable[Bookable], slots: Iterable[SlotView]
) -> dict[datetime, OwnSlot]:
    """By their starts."""
    if not (request.session.get(HOLDS) or request.user.is_authenticated):
        return {}
    ids = [bookable.id for bookable in bookables]
    holds = list_holds(request).filter(items__resource__in=ids).distinct()
    paths = [(hold, reverse("reservation-details", args=[hold.pk, token_for(hold)])) for hold in holds]
    slots = list(slots)
    in_the_way = {
        slot.start: OwnSlot(path, is_in_the_way=True)
        for slot in slots
        for hold, path in paths
        if slot.reason == Reason.HELD and slot.start < hold.ends_at and hold.starts_at < slot.end
    }
    return in_the_way | {hold.starts_at: OwnSlot(path, is_in_the_way=False) for hold, path in paths}


def list_cart(request: HttpRequest) -> list[Reservation]:
    """The open holds with all that their lines show, the next to expire first."""
    holds = reservations_in_detail().filter(pk__in=list_holds(request).values("pk"))
    return list(holds.order_by("expires_at", "id")[:MOST_HOLDS])


def list_other_holds(request: HttpRequest, hold: Reservation) -> list[Reservation]:
    others = list_holds(request).exclude(pk=hold.pk).select_related("venue").prefetch_related("items")
    return list(others.order_by("starts_at", "id")[:MOST_HOLDS])


def shares_place(one: Reservation, other: Reservation) -> bool:
    """Both are at the same resource, or at any one of the same group."""
    return bool(_places_of(one) & _places_of(other))


def _places_of(hold: Reservation) -> set[tuple[str, int]]:
    items = hold.items.all()
    groups = {("group", item.group_id) for item in items if item.group_id}
    return groups | {("resource", item.resource_id) for item in items}


def read_kept_hold(request: HttpRequest, released: Reservation) -> Reservation | None:
    """The visitor's own hold that a form names to be kept, and gone on with, as ``released`` goes."""
    kept_id = _parse_uuid(request.POST.get("keep", ""))
    return list_holds(request).exclude(pk=released.pk).filter(pk=kept_id).first() if kept_id else None


def list_posted_holds(request: HttpRequest) -> list[Reservation]:
    """The visitor's own holds that a form names, also if they have expired or been booked since."""
    posted = {hold_id for hold_id in map(_parse_uuid, request.POST.getlist("hold")[:MOST_HOLDS]) if hold_id}
    holds = reservations_in_detail().filter(_own_condition(request), pk__in=posted)
    return list(holds.without_offers().order_by("expires_at", "id"))


def _parse_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def count_cart(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Queries only if a template shows the count and the session has holds."""

    def count() -> int:
        session = getattr(request, "session", None)
        if session is None or not session.get(HOLDS):
            return 0
        return list_holds(request).count()

    return {"cart_count": SimpleLazyObject(count)}
