"""What facilitators see of a venue's reservations: what a registered scope names, and nothing else."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Exists, OuterRef, Q

from common.registry import Registry
from reservations.enums import TOLD_BY_PRODUCT

if TYPE_CHECKING:
    from accounts.models import User

Scope = Callable[["User"], Q]
"""A condition on reservations: those that this person leads. It may follow relations to many rows."""

facilitator_scopes: Registry[Scope] = Registry("scopes of facilitators")


def led_by(user: "User", *, managed: bool = False) -> Q:
    """Whatever their role and wherever they work: callers limit it to venues.

    Without what is in the charge of a product, which alone knows whose names it may tell; ``managed``: with
    that, too.
    """
    is_named = Q(pk__in=())
    for scope in facilitator_scopes:
        is_named |= scope(user)
    # A subquery, so that what a scope joins doubles no reservation.
    reservations = apps.get_model("reservations", "Reservation")._base_manager
    found = reservations.filter(is_named, pk=OuterRef("pk"))
    return Q(Exists(found if managed else found.exclude(purpose__in=TOLD_BY_PRODUCT)))


def is_booked_with(user: "User") -> Q:
    """Of the resource that stands for this person."""
    return Q(items__resource__person=user.pk)
