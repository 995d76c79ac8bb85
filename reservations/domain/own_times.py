"""Nobody is in two places at once, at venues whose rules say so."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from reservations.domain.lines import Line, Span
from reservations.domain.occupancy import raise_violation
from reservations.domain.values import Customer
from reservations.models import Reservation
from reservations.policies import violation
from scheduling.reasons import Reason
from scheduling.zones import from_minute, to_minute


def wants_one_at_a_time(lines: Iterable[Line]) -> bool:
    return any(line.bookable.customer_rules.one_at_a_time for line in lines)


def check_own_times(
    customer: Customer, lines: Sequence[Line], span: Span, *, but: UUID | None = None
) -> None:
    """Raises ``BookingRefused`` (``already_booked_then``)."""
    if wants_one_at_a_time(lines) and list_own_times(
        customer, lines[0].bookable.venue_id, span.start, span.end, but=but
    ):
        raise_violation(violation(Reason.ALREADY_BOOKED_THEN))


def list_own_times(
    customer: Customer, venue_id: int, start: int, end: int, *, but: UUID | None = None
) -> list[tuple[int, int]]:
    """When the customer's bookings overlap [start, end), of those that count; all in UTC minutes.

    A guest without address is nobody.
    """
    addresses = addresses_of(customer)
    # Read by itself: by a join, the database would look through all bookings of the venue.
    accounts = set(User.objects.filter(email__in=addresses).values_list("pk", flat=True))
    accounts |= {customer.user.pk} if customer.user else set()
    counted = Reservation.objects.active().filter(
        Q(customer_email__in=addresses) | Q(customer__in=accounts),
        venue=venue_id,
        starts_at__lt=from_minute(end),
        ends_at__gt=from_minute(start),
        items__resource__rules__one_at_a_time=True,
    )
    others = counted.exclude(pk=but) if but else counted
    spans = others.order_by().values_list("starts_at", "ends_at").distinct()
    return [(to_minute(starts_at), to_minute(ends_at)) for starts_at, ends_at in spans]


def addresses_of(customer: Customer) -> set[str]:
    """The one that is given, and the account's own."""
    return {customer.email, customer.user.email if customer.user else ""} - {""}
