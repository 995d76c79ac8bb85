"""Where a booking takes place: at its venue, unless a product says otherwise."""

from collections.abc import Callable
from dataclasses import dataclass

from common.postal import one_line
from common.registry import Registry
from reservations.models import Reservation
from resources.map_links import map_link
from resources.models import Resource


@dataclass(frozen=True, slots=True)
class Place:
    """``name``: for those who come, a room, or where else than at the venue it is."""

    name: str
    is_at_venue: bool = True


place_finders: Registry[Callable[[Resource], Place | None]] = Registry("who says where a resource is")
"""By product: where people find what is booked with it, or nothing for other products' resources."""


page_finders: Registry[Callable[[Reservation], str]] = Registry("pages about what is booked")
"""By product the path of the page that says more about it to its customers, or nothing."""


def find_page(reservation: Reservation) -> str:
    return next(filter(None, (find(reservation) for find in page_finders)), "")


def find_place(resource: Resource) -> Place | None:
    return next(filter(None, (find(resource) for find in place_finders)), None)


def is_at_venue(reservation: Reservation) -> bool:
    """The reservation comes with its items."""
    return all(place.is_at_venue for place in _list_places(reservation))


def describe_place(reservation: Reservation) -> str:
    """In one line, with the venue's address only where that leads to it."""
    names = list(dict.fromkeys(place.name for place in _list_places(reservation)))
    venue = [one_line(reservation.venue)] if is_at_venue(reservation) else []
    return ", ".join(filter(None, names + venue))


def find_elsewhere(reservation: Reservation) -> str:
    """Where it takes place, if not at the venue."""
    return "" if is_at_venue(reservation) else describe_place(reservation)


def find_map(reservation: Reservation) -> str:
    return map_link(reservation.venue) if is_at_venue(reservation) else ""


def _list_places(reservation: Reservation) -> list[Place]:
    return [place for item in reservation.items.all() if (place := find_place(item.resource))]
