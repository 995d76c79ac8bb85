"""Holds that a room above offers to somebody: it shows them itself, and they are no bookings of their own."""

from django.db.models import Q

from common.registry import Registry
from reservations.enums import Status

offered_holds: Registry[Q] = Registry("kinds of offered holds")
"""Which reservations are such holds while they are held."""


def is_offered() -> Q:
    offered = Q(pk__in=())
    for condition in offered_holds:
        offered |= condition
    return offered & Q(status=Status.HELD)
