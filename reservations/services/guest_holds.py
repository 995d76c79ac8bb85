"""How many times one guest may hold at once, counted in the cache: by browser and by address."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache

from common import clock
from reservations.enums import Status
from reservations.exceptions import TooManyHolds
from reservations.models import Reservation

BEING_MADE = ""
SECONDS_TO_MAKE = 60
LONGEST = 3
"""Times its length: so long can a hold be extended."""


def hold_as_guest(hold: Callable[[], Reservation], holders: Mapping[str, str]) -> Reservation:
    """``holders`` are the guest's names by sort (settings.GUEST_HOLDS). Raises ``TooManyHolds``."""
    with ExitStack() as stack:
        notes = [
            stack.enter_context(_take_place(f"{sort}:{name}", settings.GUEST_HOLDS[sort]))
            for sort, name in holders.items()
            if settings.GUEST_HOLDS.get(sort)
        ]
        reservation = hold()
        for note in notes:
            note(reservation)
    return reservation


@contextmanager
def _take_place(holder: str, most: int) -> Iterator[Callable[[Reservation], None]]:
    # A place is an entry of the cache. Adding one is atomic: requests at the same time share none.
    name = hashlib.sha256(holder.encode()).hexdigest()
    places = [f"hold:{name}:{number}" for number in range(most)]
    taken: dict[str, str] = cache.get_many(places)
    if len(taken) == most:
        cache.delete_many(_list_ended(taken))
    own = next((place for place in places if cache.add(place, BEING_MADE, SECONDS_TO_MAKE)), None)
    if own is None:
        raise TooManyHolds
    noted = False

    def note(reservation: Reservation) -> None:
        nonlocal noted
        if str(reservation.pk) not in taken.values():  # else asked for again
            cache.set(own, str(reservation.pk), _seconds_of(reservation))
            noted = True

    try:
        yield note
    finally:
        if not noted:
            cache.delete(own)


def _list_ended(taken: Mapping[str, str]) -> list[str]:
    ids = set(taken.values()) - {BEING_MADE}
    held = Reservation.objects.filter(pk__in=ids, status=Status.HELD, expires_at__gt=clock.now())
    going_on = {str(pk) for pk in held.values_list("pk", flat=True)} | {BEING_MADE}
    return [place for place, pk in taken.items() if pk not in going_on]


def _seconds_of(reservation: Reservation) -> int:
    now = clock.now()
    return max(int(((reservation.expires_at or now) - now) / timedelta(seconds=1)) * LONGEST, 1)
