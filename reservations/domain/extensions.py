"""Rules of a product that bind every booking of its resources, whichever door it comes through."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NoReturn

from django.utils.functional import Promise

from common.error_codes import error_codes, register_codes
from common.errors import Conflict
from common.products import products
from common.registry import Registry
from common.venues import directory
from reservations.availability import Moment, moment_now
from reservations.domain.lines import Line, Span
from reservations.domain.occupancy import raise_violation
from reservations.domain.pricing import require_payable
from reservations.domain.values import Actor, Customer, ReservationChanges
from reservations.enums import Status
from reservations.exceptions import BookingRefused, SlotTaken
from reservations.models import Reservation
from reservations.policies import Booker, violation
from resources.bookables import Bookable, Catalog
from resources.models import Resource
from resources.products import OFFERED
from scheduling.reasons import Reason
from scheduling.zones import to_minute


@dataclass(frozen=True, slots=True)
class Proposal:
    """A booking as it would be; ``reservation`` is None for a new one, its state that of before otherwise."""

    venue_id: int
    lines: Sequence[Line]
    span: Span
    customer: Customer
    actor: Actor
    booker: Booker
    moment: Moment
    is_hold: bool = False
    reservation: Reservation | None = None
    venue_catalog: Catalog | None = None
    """The configuration by which it was chosen, where that is at hand."""


def propose_again(
    reservation: Reservation, lines: Sequence[Line], customer: Customer, actor: Actor, booker: Booker
) -> Proposal:
    """For a reservation that keeps its time, with these lines."""
    start, end = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
    return Proposal(
        reservation.venue_id,
        lines,
        Span(start, end, reservation.party_size),
        customer,
        actor,
        booker,
        moment_now(),
        is_hold=reservation.status == Status.HELD,
        reservation=reservation,
    )


def owner_of(reservation: Reservation) -> Customer:
    """Whose limits and whose prices hold, and what is known of them."""
    return Customer(
        reservation.customer,
        reservation.customer_name,
        reservation.customer_email,
        str(reservation.customer_phone or ""),
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of the extension's ``reasons``, and a sentence for people."""

    reason: str
    message: str | Promise


@dataclass(frozen=True, slots=True)
class Offering:
    """How a freed time is offered to somebody in line: held until then, theirs without being asked, or not at
    all, because the product tells everyone who waits.
    """

    until: datetime | None = None
    is_booked_at_once: bool = False
    is_offered: bool = True


USUAL_OFFERING = Offering()


class Extension:
    """What a product says of bookings of the resources that bear its name; of itself nothing.

    Asked under locks and within transactions: an answer reads and writes the database and nothing else.
    """

    reasons: Mapping[int, Mapping[str, str]] = MappingProxyType({})
    """What each reason to refuse means, by status: 409 where another booking is in the way, else 400."""
    has_own_times: bool = False
    """Whether its times are the product's, so that nobody moves a booking to another: no page offers it."""
    tells_of_places: bool = True
    """Whether people hear of it when nothing but the resources of their booking change."""

    def lock(self, proposal: Proposal) -> None:
        """Rows of the product's own that no two bookings may look at at once: before any reservation's."""

    def refusal(self, proposal: Proposal) -> Refusal | None:
        """Asked before the locks and once more under them."""

    def price(self, proposal: Proposal, price: Mapping[str, Any]) -> Mapping[str, Any]:
        """``price`` has the price fields of a reservation, as the venue's configuration makes them."""
        return price

    def adapt(self, reservation: Reservation, changes: ReservationChanges) -> ReservationChanges:
        """What else changes with that: another party may need another end, or another table."""
        return changes

    def record(self, reservation: Reservation) -> None:
        """Write rows of the product's own; called when it is made, changed, or made a booking of a hold."""

    def offering(self, bookable: Bookable, start: int, end: int, now: datetime) -> Offering:
        """Of a time that somebody in line could have; ``until`` is at most what the resource's rules give."""
        return USUAL_OFFERING

    def title_at(self, bookable: Bookable, start: int, end: int) -> str:
        """What takes place then, for whoever waits for it; times are UTC minutes."""
        return ""

    def title(self, proposal: Proposal) -> str:
        """What is booked, in the words of whoever booked it: "Yoga with Mia"."""
        return ""


extensions: Registry[Extension] = Registry("extensions")


def register_extension(name: str, extension: Extension) -> None:
    """``name`` is what ``Resource.extension`` says."""
    extensions.register(name, extension)
    register_codes(extension.reasons, are_rules=True)


def extensions_of(lines: Iterable[Line]) -> list[Extension]:
    """Raises ``BookingRefused`` for a product that is not installed: nobody would keep its rules."""
    names = dict.fromkeys(line.bookable.extension for line in lines if line.bookable.extension)
    if any(name not in extensions for name in names):
        raise_violation(violation(Reason.INACTIVE))
    return [extensions[name] for name in names]


def lock_for_products(proposal: Proposal) -> None:
    for extension in extensions_of(proposal.lines):
        extension.lock(proposal)


def find_refusal(proposal: Proposal) -> Refusal | None:
    obstacles = (extension.refusal(proposal) for extension in extensions_of(proposal.lines))
    return _find_end_of_offer(proposal) or next(filter(None, obstacles), None)


def _find_end_of_offer(proposal: Proposal) -> Refusal | None:
    offered = proposal.venue_catalog.part(OFFERED) if proposal.venue_catalog else None
    if are_offered(proposal.venue_id, proposal.lines, offered) or _has_it_already(proposal):
        return None
    return Refusal(Reason.INACTIVE, violation(Reason.INACTIVE).message)


def are_offered(venue_id: int, lines: Iterable[Line], offered: Collection[str] | None = None) -> bool:
    """Whether the venue has their products switched on; ``offered``: all that it has, as far as is known."""
    names = {line.bookable.extension for line in lines if line.bookable.extension in products}
    if offered is not None:
        return names.issubset(offered)
    return all(directory().offers(venue_id, name) for name in names)


def _has_it_already(proposal: Proposal) -> bool:
    """What somebody holds or has booked was promised: all of it, or less, stays theirs."""
    reservation, span = proposal.reservation, proposal.span
    if reservation is None:
        return False
    units = {item.resource_id: item.units for item in reservation.items.all()}
    return (
        units.keys() >= {line.bookable.id for line in proposal.lines}
        and to_minute(reservation.starts_at) <= span.start
        and span.end <= to_minute(reservation.ends_at)
        and span.party_size <= reservation.party_size
        and all(line.takes_all or line.units <= units[line.bookable.id] for line in proposal.lines)
    )


def require_allowed(proposal: Proposal) -> None:
    """Raises ``BookingRefused`` and ``SlotTaken`` with the product's reason."""
    if refusal := find_refusal(proposal):
        raise_refusal(refusal)


def raise_refusal(refusal: Refusal) -> NoReturn:
    raised = SlotTaken if error_codes[refusal.reason].status == Conflict.status else BookingRefused
    raise raised(refusal.message, code=refusal.reason)


def agree_on_price(proposal: Proposal, price: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises ``InvalidInput`` if it is too large to be stored."""
    for extension in extensions_of(proposal.lines):
        price = extension.price(proposal, price)
    require_payable(price["total_amount"])
    return price


def adapt_changes(
    reservation: Reservation, lines: Iterable[Line], changes: ReservationChanges
) -> ReservationChanges:
    for extension in extensions_of(lines):
        changes = extension.adapt(reservation, changes)
    return changes


def record_for_products(reservation: Reservation, lines: Iterable[Line]) -> None:
    for extension in extensions_of(lines):
        extension.record(reservation)


def tells_of_places(lines: Iterable[Line]) -> bool:
    return all(extension.tells_of_places for extension in extensions_of(lines))


def has_own_times(resources: Iterable[Resource | Bookable]) -> bool:
    found = (extensions.get(resource.extension) for resource in resources)
    return any(extension is not None and extension.has_own_times for extension in found)


def offering_of(bookable: Bookable, start: int, end: int, now: datetime) -> Offering:
    extension = extensions.get(bookable.extension)
    return extension.offering(bookable, start, end, now) if extension else USUAL_OFFERING


def title_at(bookable: Bookable, start: int, end: int) -> str:
    extension = extensions.get(bookable.extension)
    return extension.title_at(bookable, start, end) if extension else ""


def title_for(proposal: Proposal) -> str:
    titles = (extension.title(proposal) for extension in extensions_of(proposal.lines))
    return next(filter(None, titles), "")
