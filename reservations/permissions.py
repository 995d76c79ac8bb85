"""Who may do what; whether the state allows it is up to the services. ``token`` is a manage link's secret."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from common.venues import MANAGING
from reservations.domain.deadlines import find_arrival_opening, is_too_late_to_move
from reservations.domain.history import is_managed_by_other
from reservations.domain.taking_back import last_step_of, look_up_last_steps
from reservations.domain.writing import booked_lines
from reservations.enums import CANCELLABLE, RESCHEDULABLE, TRANSITIONS, UNDOABLE, Status
from reservations.links import is_valid
from reservations.models import Reservation
from resources.catalog import catalog_of
from resources.permissions import works_at

if TYPE_CHECKING:
    from accounts.models import User

STAFF_ACTIONS = {
    "confirm": Status.CONFIRMED,
    "decline": Status.DECLINED,
    "check_in": Status.CHECKED_IN,
    "complete": Status.COMPLETED,
    "no_show": Status.NO_SHOW,
}


ARRIVALS = ("check_in", "complete", "no_show")


def is_own(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    by_account = bool(user.pk) and reservation.customer_id == user.pk
    return by_account or bool(token and is_valid(reservation, token))


def sees_by_role(user: "User | AnonymousUser", reservation: Reservation) -> bool:
    """A query for facilitators, none for others."""
    if can_manage(user, reservation):
        return True
    if not works_at(user, reservation.venue_id):
        return False
    return Reservation.objects.filter(pk=reservation.pk).led_by(user).exists()


def can_view(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    return is_own(user, reservation, token) or sees_by_role(user, reservation)


def can_manage(user: "User | AnonymousUser", reservation: Reservation) -> bool:
    return works_at(user, reservation.venue_id, *MANAGING)


def can_pay(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    return is_own(user, reservation, token) or can_manage(user, reservation)


def can_cancel(user: "User | AnonymousUser", reservation: Reservation, token: str = "") -> bool:
    return can_pay(user, reservation, token) and not is_managed_by_other(reservation)


can_reschedule = can_cancel


def allowed_actions(
    user: "User | AnonymousUser", reservation: Reservation, token: str = "", *, now: datetime
) -> list[str]:
    """Without what the state or the hour would refuse."""
    if is_managed_by_other(reservation):
        return []
    status = Status(reservation.status)
    manages = can_manage(user, reservation)
    actions = []
    if manages or is_own(user, reservation, token):
        actions += ["cancel"] if status in CANCELLABLE else []
        is_movable = status in RESCHEDULABLE and (manages or not is_too_late_to_move(reservation, now))
        actions += ["reschedule"] if is_movable else []
    if manages and status != Status.HELD:
        staff_actions = [action for action, new in STAFF_ACTIONS.items() if new in TRANSITIONS[status]]
        actions += [action for action in staff_actions if _is_time_for(action, reservation, now)]
        actions += ["undo"] if status in UNDOABLE and _can_be_taken_back(reservation) else []
    return actions


def prepare_actions(user: "User | AnonymousUser", reservations: Iterable[Reservation]) -> None:
    """What ``allowed_actions`` asks of each, looked up at once for all."""
    look_up_last_steps([reservation for reservation in reservations if can_manage(user, reservation)])


def _can_be_taken_back(reservation: Reservation) -> bool:
    step = last_step_of(reservation)
    return step.former is not None and step.is_time_free


def _is_time_for(action: str, reservation: Reservation, now: datetime) -> bool:
    if action == "check_in" and now >= reservation.ends_at:
        return False
    if reservation.status == Status.NO_SHOW and not last_step_of(reservation).is_time_free:
        return False
    if action not in ARRIVALS or now >= reservation.starts_at:
        return True
    if action == "no_show":
        return False
    lines = booked_lines(reservation, catalog_of(reservation.venue).bookables)
    return now >= find_arrival_opening(reservation, lines, is_staff=True)
