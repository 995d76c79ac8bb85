"""Who may see and do what with a reservation. Pages, API and admin ask these and nothing else.

They say who *may*; whether the reservation's state allows it is the services' to say, except in
``allowed_actions``, which is for showing buttons. ``token`` is the secret of a manage-link.
Where ``can_view`` says no, answer 404: not even the existence is anybody's business.
"""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from reservations.enums import CANCELLABLE, RESCHEDULABLE, TRANSITIONS, Status
from reservations.links import is_valid
from reservations.models import Reservation
from resources.enums import Role
from resources.permissions import role_at

if TYPE_CHECKING:
    from accounts.models import User

MANAGING = (Role.MANAGER, Role.STAFF)
"""Roles that change other people's reservations; facilitators only see them."""

STAFF_ACTIONS = {
    "confirm": Status.CONFIRMED,
    "decline": Status.DECLINED,
    "check_in": Status.CHECKED_IN,
    "complete": Status.COMPLETED,
    "no_show": Status.NO_SHOW,
}


def works_at(user: "User | AnonymousUser", venue_id: int, *roles: str) -> bool:
    """Whether ``user`` has one of ``roles`` (or any, when none is named) there; superusers have all."""
    if user.is_superuser:
        return True
    if not user.pk:
        return False
    role = role_at(user, venue_id)
    return role is not None and (not roles or role in roles)


def is_own(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    """The customer themselves: by their account, or by the link that was sent to them."""
    by_account = bool(user.pk) and reservation.customer_id == user.pk
    return by_account or bool(token and is_valid(reservation, token))


def can_view(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    return is_own(user, reservation, token) or works_at(user, reservation.venue_id)


def can_manage(user: "User | AnonymousUser", reservation: Reservation) -> bool:
    """Staff's part: approve, check in, take payments, waive fees, act for the customer."""
    return works_at(user, reservation.venue_id, *MANAGING)


def can_cancel(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    return is_own(user, reservation, token) or can_manage(user, reservation)


can_reschedule = can_cancel


def allowed_actions(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> list[str]:
    """What this person can do with it in its present state: names of actions, for buttons and links."""
    status = Status(reservation.status)
    manages = can_manage(user, reservation)
    found = []
    if manages or is_own(user, reservation, token):
        found += ["cancel"] if status in CANCELLABLE else []
        found += ["reschedule"] if status in RESCHEDULABLE else []
    if manages and status != Status.HELD:
        found += [action for action, new in STAFF_ACTIONS.items() if new in TRANSITIONS[status]]
    return found
