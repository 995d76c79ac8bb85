"""The visitor's own open holds: those that their browser's session remembers, and their account's."""

from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from common import clock
from reservations.enums import Purpose, Source, Status
from reservations.models import Reservation
from reservations.querysets import ReservationQuerySet
from reservations.selectors import reservations_in_detail

HOLDS = "holds"
"""The session's key; ids as texts, the latest last."""
MOST_HOLDS = 50


def remember_hold(session: SessionBase, reservation: Reservation) -> None:
    """From now on the cart shows it."""
    known = [each for each in session.get(HOLDS, []) if each != str(reservation.pk)]
    session[HOLDS] = [*known, str(reservation.pk)][-MOST_HOLDS:]


def _mine(request: HttpRequest) -> Q:
    mine = Q(pk__in=[UUID(each) for each in request.session.get(HOLDS, [])])
    return mine | Q(customer_id=request.user.pk) if request.user.is_authenticated else mine


def list_holds(request: HttpRequest) -> ReservationQuerySet:
    """What the visitor holds and can still book. What the waitlist holds for somebody is answered there."""
    held = Reservation.objects.filter(
        _mine(request), status=Status.HELD, purpose=Purpose.BOOKING, expires_at__gt=clock.now()
    )
    return held.exclude(source=Source.WAITLIST)


def list_cart(request: HttpRequest) -> list[Reservation]:
    """The open holds with everything their lines show, the next to end first."""
    found = reservations_in_detail().filter(pk__in=list_holds(request).values("pk"))
    return list(found.order_by("expires_at", "id")[:MOST_HOLDS])


def list_posted_holds(request: HttpRequest) -> list[Reservation]:
    """Those of one's own that a form names, whatever has become of them since."""
    named = {each for each in map(_uuid, request.POST.getlist("hold")[:MOST_HOLDS]) if each}
    found = reservations_in_detail().filter(_mine(request), pk__in=named)
    return list(found.exclude(source=Source.WAITLIST).order_by("expires_at", "id"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def count_cart(request: HttpRequest) -> dict[str, Any]:
    """Context processor; asks the database only where it is shown and the session holds something."""

    def count() -> int:
        session = getattr(request, "session", None)
        if session is None or not session.get(HOLDS):
            return 0
        return list_holds(request).count()

    return {"cart_count": SimpleLazyObject(count)}
