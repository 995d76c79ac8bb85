"""The visitor's open holds: those their browser's session remembers, and their account's."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from common import clock
from reservations.enums import Purpose, Status
from reservations.links import FIRST_VERSION
from reservations.models import Reservation
from reservations.querysets import ReservationQuerySet
from reservations.selectors import reservations_in_detail

HOLDS = "holds"
MOST_HOLDS = 50


def remember_hold(session: SessionBase, reservation: Reservation) -> None:
    others = [pk for pk in session.get(HOLDS, []) if pk != str(reservation.pk)]
    # The oldest ids go, so that a session does not grow without end.
    session[HOLDS] = [*others, str(reservation.pk)][-MOST_HOLDS:]


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


def list_cart(request: HttpRequest) -> list[Reservation]:
    """The open holds with all that their lines show, the next to expire first."""
    holds = reservations_in_detail().filter(pk__in=list_holds(request).values("pk"))
    return list(holds.order_by("expires_at", "id")[:MOST_HOLDS])


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
