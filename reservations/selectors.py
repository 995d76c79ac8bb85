from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import compress
from typing import NamedTuple
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, prefetch_related_objects

from accounts.models import User
from common.errors import NotFound
from common.money import round_amount
from payments import selectors as ledger
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Payment
from reservations.enums import NEVER_BOOKED, Status
from reservations.links import has_ended, is_token_of
from reservations.models import Reservation
from reservations.permissions import can_view
from reservations.querysets import ReservationQuerySet
from reservations.scopes import led_by
from resources.models import Resource
from resources.remembered import find_kept, keep_rows

DETAILS = ("items__resource", "items__group", "bill__payments")


def complete_details(reservation: Reservation, resources: Iterable[Resource] = ()) -> Reservation:
    """Read what ``reservations_in_detail`` gives, but for what the row, ``resources`` or memory have."""
    prefetch_related_objects([reservation], "items")
    items = reservation.items.all()
    resource_by_id = {resource.pk: resource for resource in resources}
    venue = reservation._state.fields_cache.get("venue")
    if venue:
        unknown_ids = {item.resource_id for item in items} - resource_by_id.keys()
        resource_by_id |= {resource.pk: resource for resource in find_kept(venue, unknown_ids)}
    for item in items:
        if item.resource_id in resource_by_id:
            item.resource = resource_by_id[item.resource_id]
    prefetch_related_objects([reservation], *_list_missing(reservation))
    if venue:
        keep_rows(venue, [item.resource for item in items if item.resource_id not in resource_by_id])
    return reservation


def _list_missing(reservation: Reservation) -> Iterator[str]:
    """Looking for what is there already would cost as much as a statement."""
    relations = ("venue", "customer", "bill")
    read = reservation._state.fields_cache
    yield from (name for name in relations if name not in read and getattr(reservation, f"{name}_id"))
    if reservation.bill_id:
        yield "bill__payments"
    items = reservation.items.all()
    if not all(item._state.fields_cache.keys() >= {"resource"} for item in items):
        yield "items__resource"
    if any(item.group_id for item in items):
        yield "items__group"


def reservations_in_detail() -> ReservationQuerySet:
    return with_details(Reservation.objects.all())


def with_details(reservations: ReservationQuerySet) -> ReservationQuerySet:
    """All that one reservation's page or answer shows, in a constant number of queries."""
    return reservations.select_related("venue", "customer", "bill").prefetch_related(*DETAILS)


def reservation_in_detail(reservation_id: UUID) -> Reservation | None:
    row = Reservation.objects.select_related("venue", "customer", "bill").filter(pk=reservation_id).first()
    return None if row is None else complete_details(row)


def find_leaders(reservation: Reservation, users: Sequence[User]) -> set[User]:
    """Those of ``users`` whose scopes name it; a query for each hundred of them."""
    leaders: set[User] = set()
    for first in range(0, len(users), 100):
        asked = users[first : first + 100]
        is_led = [ExpressionWrapper(led_by(user), BooleanField()) for user in asked]
        answers = Reservation.objects.filter(pk=reservation.pk).values_list(*is_led).get()
        leaders |= set(compress(asked, answers))
    return leaders


HISTORY_LENGTH = 10


class ReservationCounts(NamedTuple):
    total_reservations: int
    cancellation_count: int


def reservation_counts(user: User) -> ReservationCounts:
    bookings = Reservation.objects.filter(customer=user).exclude(status__in=NEVER_BOOKED)
    return ReservationCounts(
        **bookings.aggregate(
            total_reservations=Count("pk"),
            cancellation_count=Count("pk", filter=Q(status=Status.CANCELLED)),
        )
    )


def reservation_history(user: User) -> ReservationQuerySet:
    bookings = Reservation.objects.filter(customer=user).exclude(status__in=NEVER_BOOKED)
    in_short = bookings.select_related("venue").prefetch_related("items__resource")
    return in_short.order_by("-starts_at", "-pk")[:HISTORY_LENGTH]


ENDED_EARLY = frozenset({Status.CANCELLED, Status.DECLINED, Status.EXPIRED})
"""Of these only the fee is owed, if there is one."""


def payments_of(reservation: Reservation) -> list[Payment]:
    return list(reservation.bill.payments.all()) if reservation.bill else []


def balance(reservation: Reservation) -> Decimal:
    return round_amount(ledger.net_paid(payments_of(reservation)), reservation.currency)


def refunded_amount(reservation: Reservation) -> Decimal:
    sum_of_refunds = ledger.sum_payments(payments_of(reservation), PaymentKind.REFUND)
    return round_amount(sum_of_refunds, reservation.currency)


def owed_amount(reservation: Reservation) -> Decimal:
    if reservation.status in ENDED_EARLY:
        return reservation.fee_amount
    # Who moved to something cheaper and stayed away pays what cancelling would have cost.
    at_least = reservation.minimum_fee if reservation.status == Status.NO_SHOW else Decimal(0)
    return max(reservation.total_amount, at_least)


class PaymentSummary(NamedTuple):
    """``paid`` is less refunds; ``due`` is what the venue still expects, ``credit`` what it has beyond."""

    status: str
    total: Decimal
    paid: Decimal
    due: Decimal
    refunded: Decimal
    credit: Decimal


def payment_summary(reservation: Reservation) -> PaymentSummary:
    currency = reservation.currency
    total = round_amount(owed_amount(reservation), currency)
    paid = balance(reservation)
    refund = refunded_amount(reservation)
    nothing = round_amount(Decimal(0), currency)
    due, credit = max(total - paid, nothing), max(paid - total, nothing)
    price = round_amount(reservation.total_amount, currency)
    return PaymentSummary(_payment_status(paid, due, refund), price, paid, due, refund, credit)


def is_settled(reservation: Reservation) -> bool:
    """Nothing is under way, to be paid or to be returned."""
    summary = payment_summary(reservation)
    is_under_way = any(payment.status == PaymentStatus.PENDING for payment in payments_of(reservation))
    return not (is_under_way or summary.due or (summary.credit and not reservation.refund_declined))


def _payment_status(paid: Decimal, due: Decimal, refunded: Decimal) -> str:
    """``unpaid``, ``partly_paid``, ``paid``, ``refunded``, ``partly_refunded`` or ``nothing_due``."""
    if due:
        return "partly_paid" if paid else "unpaid"
    if refunded:
        return "partly_refunded" if paid else "refunded"
    return "paid" if paid else "nothing_due"


def reservation_by_link(
    reservation_id: UUID, token: str, user: User | AnonymousUser | None = None
) -> Reservation:
    """Once the link has ended only for ``user``, if they may see the reservation without it.

    Raises the same ``NotFound`` for an unknown reservation, for a wrong token and for an ended link.
    """
    reservation = reservation_in_detail(reservation_id)
    if reservation is None or not is_token_of(reservation, token):
        raise NotFound
    if has_ended(reservation) and not (user and can_view(user, reservation)):
        raise NotFound
    return reservation


def has_priced_bookings(venue_id: int) -> bool:
    rows = Reservation.objects.filter(venue=venue_id)
    return rows.filter(Q(total_amount__gt=0) | Q(fee_amount__gt=0)).exists()
