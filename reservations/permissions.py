"""Who may do what; whether the state allows it is up to the services. ``token`` is a manage link's secret."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from reservations.enums import CANCELLABLE, RESCHEDULABLE, TRANSITIONS, UNDOABLE, Status
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
    """With any of ``roles``, or any role at all if none is named; superusers have all."""
    if user.is_superuser:
        return True
    if not user.pk:
        return False
    role = role_at(user, venue_id)
    return role is not None and (not roles or role in roles)


def is_own(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    by_account = bool(user.pk) and reservation.customer_id == user.pk
    return by_account or bool(token and is_valid(reservation, token))


def can_view(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    return is_own(user, reservation, token) or works_at(user, reservation.venue_id)


def can_manage(user: "User | AnonymousUser", reservation: Reservation) -> bool:
    return works_at(user, reservation.venue_id, *MANAGING)


def can_cancel(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    return is_own(user, reservation, token) or can_manage(user, reservation)


can_reschedule = can_pay = can_cancel


def allowed_actions(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> list[str]:
    status = Status(reservation.status)
    manages = can_manage(user, reservation)
    actions = []
    if manages or is_own(user, reservation, token):
        actions += ["cancel"] if status in CANCELLABLE else []
        actions += ["reschedule"] if status in RESCHEDULABLE else []
    if manages and status != Status.HELD:
        actions += [action for action, new in STAFF_ACTIONS.items() if new in TRANSITIONS[status]]
        actions += ["undo"] if status in UNDOABLE else []
    return actions
