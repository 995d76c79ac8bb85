"""Whoever leads a session hears of its seats, and of the session itself, on their open pages."""

from collections import defaultdict
from collections.abc import Collection
from itertools import chain
from uuid import UUID

from classes.models import SeatBooking, Session
from reservations.news.live import Leaders


def find_leaders(reservation_ids: Collection[UUID]) -> Leaders:
    """Who leads it, and whose it was before a substitute did."""
    owners = ("facilitator__user", "substitute_for__user")
    own = Session.objects.filter(reservation__in=reservation_ids).order_by()
    seats = SeatBooking.objects.filter(reservation__in=reservation_ids).order_by()
    of_seats = seats.values_list("reservation", *(f"session__{owner}" for owner in owners))
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for reservation_id, *accounts in chain(own.values_list("reservation", *owners), of_seats):
        found[reservation_id].update(account for account in accounts if account)
    return found
