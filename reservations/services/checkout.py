"""The deposit is paid on the provider's own page."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from common.clock import now as clock_now
from common.subjects import Subject
from common.transactions import retried_atomic
from payments.exceptions import NothingDue, PaymentRefused
from payments.models import Payment
from payments.providers import PaymentOutcome
from payments.services import (
    begin_charge,
    checkout_provider,
    look_up_charges,
    look_up_checkouts,
    open_checkout,
)
from reservations.domain.history import lock_reservation
from reservations.domain.values import Actor
from reservations.enums import SUBJECT
from reservations.models import Reservation
from reservations.services.deposits import awaits_only_payment, deposit_due, settle_deposit
from reservations.services.paying import bill_of


class OpenCheckout(NamedTuple):
    payment_id: UUID
    url: str


def start_checkout(
    *, reservation_id: UUID, back_url: Callable[[UUID], str], actor: Actor, now: datetime | None = None
) -> OpenCheckout:
    """Where the missing deposit is paid: the same page again while it is open.

    ``back_url`` gets the payment's id. Raises ``PaymentUnavailable``, ``PaymentUnderWay``,
    ``PaymentRefused``, ``NothingDue``.
    """
    at = now or clock_now()
    provider = checkout_provider()
    reservation = Reservation.objects.select_related("venue", "bill").get(pk=reservation_id)
    subject = Subject(SUBJECT, str(reservation_id))
    # What was begun before is asked first, so that nobody pays twice.
    look_up_charges(subject, now=at)
    look_up_checkouts(subject, due=deposit_due(reservation), now=at)
    charge = _begin_checkout(reservation_id, provider.name, actor, at)
    title = _("Deposit for booking %(code)s, %(venue)s") % {
        "code": reservation.code,
        "venue": reservation.venue.name,
    }
    try:
        return OpenCheckout(charge.pk, open_checkout(charge, title=title, back_url=back_url(charge.pk)))
    except PaymentRefused:
        settle_deposit(charge.pk, PaymentOutcome(succeeded=False), now=at, actor=actor)
        raise


@retried_atomic
def _begin_checkout(reservation_id: UUID, provider: str, actor: Actor, now: datetime) -> Payment:
    reservation = lock_reservation(reservation_id)
    if not awaits_only_payment(reservation):
        raise NothingDue
    return begin_charge(
        bill_of(reservation, now=now),
        total=reservation.deposit_amount,
        provider=provider,
        actor=actor.user,
        now=now,
        is_hosted=True,
    )
