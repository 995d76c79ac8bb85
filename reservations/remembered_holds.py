"""Which holds a browser has made, so that its visitor finds them again."""

from django.contrib.sessions.backends.base import SessionBase

from reservations.models import Reservation

HOLDS = "holds"
MOST_HOLDS = 50


def remember_hold(session: SessionBase, reservation: Reservation) -> None:
    others = [pk for pk in session.get(HOLDS, []) if pk != str(reservation.pk)]
    # The oldest ids go, so that a session does not grow without end.
    session[HOLDS] = [*others, str(reservation.pk)][-MOST_HOLDS:]
