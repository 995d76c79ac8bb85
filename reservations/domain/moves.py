"""What a change of a reservation means under the present configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.errors import NotFound
from reservations.availability import Moment
from reservations.domain.agreement import list_agreed
from reservations.domain.extensions import Proposal, adapt_changes, owner_of
from reservations.domain.lines import Line, Span, fit_line, make_full_line, swap_line
from reservations.domain.values import Actor, Customer, ItemRequest, ReservationChanges
from reservations.domain.writing import bind, booked_lines
from reservations.enums import Purpose
from reservations.exceptions import BookingRefused
from reservations.models import Reservation
from reservations.policies import Booker
from resources.bookables import Bookable
from resources.catalog import catalog_of
from scheduling.reasons import Reason
from scheduling.zones import to_minute

AGAINST_BOOKED = frozenset(
    {
        *(Reason.INACTIVE, Reason.CLOSED, Reason.CAPACITY, Reason.PARTY_TOO_LARGE, Reason.PARTY_TOO_SMALL),
        *(Reason.NOT_BOOKABLE, Reason.SIGN_IN_REQUIRED, Reason.MEMBERS_ONLY, Reason.TOO_SOON, Reason.TOO_FAR),
    }
)
"""What a later change of the rules has against a booking as much as against less of it."""


@dataclass(frozen=True, slots=True)
class Move:
    reservation: Reservation
    changes: ReservationChanges
    old_lines: list[Line]
    old_span: Span
    lines: list[Line]
    span: Span
    agreed: dict[str, Any]

    @property
    def is_occupancy(self) -> bool:
        return self.old_span != self.span or self.has_other_items

    @property
    def has_other_items(self) -> bool:
        return bool(self.changes.resources) or self.changes.items is not None

    @property
    def keeps_start(self) -> bool:
        return self.span.start == self.old_span.start

    @property
    def is_only_less(self) -> bool:
        """Of the same resources, within the same time and for as many people or fewer, not too short."""
        is_within = self.old_span.start <= self.span.start < self.span.end <= self.old_span.end
        length = self.span.end - self.span.start
        is_long_enough = length == self.old_span.end - self.old_span.start or all(
            length >= line.bookable.slot_rules.min_duration for line in self.lines
        )
        is_fewer = self.span.party_size <= self.old_span.party_size
        return is_within and is_long_enough and is_fewer and not self.has_other_items

    @property
    def owner(self) -> Customer:
        return owner_of(self.reservation)

    def propose(self, actor: Actor, booker: Booker, moment: Moment) -> Proposal:
        reservation = self.reservation
        return Proposal(
            reservation.venue_id,
            self.lines,
            self.span,
            self.owner,
            actor,
            booker,
            moment,
            reservation=reservation,
        )


def plan_move(reservation: Reservation, changes: ReservationChanges) -> Move:
    """What the changes mean under the present configuration, for a row just read.

    Raises ``NotFound``, and ``BookingRefused`` for a resource of another product.
    """
    bookables = catalog_of(reservation.venue).bookables
    old_lines = booked_lines(reservation, bookables)
    changes = adapt_changes(reservation, old_lines, changes)
    span = Span(
        to_minute(changes.start or reservation.starts_at),
        to_minute(changes.end or reservation.ends_at),
        changes.party_size or reservation.party_size,
    )
    if changes.items is None:
        lines = [_plan_line(reservation, line, changes, span, bookables) for line in old_lines]
    else:
        lines = [_plan_item(reservation, item, bookables) for item in changes.items]
    old_span = Span(to_minute(reservation.starts_at), to_minute(reservation.ends_at), reservation.party_size)
    return Move(reservation, changes, old_lines, old_span, lines, span, list_agreed(reservation))


def _plan_line(
    reservation: Reservation,
    line: Line,
    changes: ReservationChanges,
    span: Span,
    bookables: Mapping[int, Bookable],
) -> Line:
    replacement_id = (changes.resources or {}).get(line.bookable.id)
    if replacement_id is None:
        return fit_line(line, span.party_size)
    replacement = _find_replacement(reservation, replacement_id, bookables)
    if replacement.extension != line.bookable.extension:
        raise BookingRefused(_("Choose one of the same kind."))
    return swap_line(line, replacement, span.party_size)


def _plan_item(reservation: Reservation, item: ItemRequest, bookables: Mapping[int, Bookable]) -> Line:
    if reservation.purpose == Purpose.BOOKING:
        raise BookingRefused(_("Choose one of the same kind."))
    bound = _find_replacement(reservation, item.resource_id or 0, bookables)
    return make_full_line(bound) if item.takes_all else Line(bound, item.quantity)


def _find_replacement(
    reservation: Reservation, resource_id: int, bookables: Mapping[int, Bookable]
) -> Bookable:
    bookable = bookables.get(resource_id)
    if bookable is None:
        raise NotFound(_("This resource doesn't belong to this venue."))
    return bind(reservation, bookable)
