from datetime import datetime, timedelta
from random import Random

from common.money import round_amount
from reservations.domain.values import Actor
from reservations.enums import Source, Status
from reservations.models import Reservation
from reservations.selectors import balance
from reservations.services import (
    cancel_reservation,
    check_in,
    complete_reservation,
    mark_no_show,
    record_payment,
)

FRONT_DESK = Actor(source=Source.IMPORT)
CANCELLED_SHARE = 0.12
NO_SHOW_SHARE = 0.06
PAID_AHEAD_SHARE = 0.25
PAID_AFTER_SHARE = 0.7
REASONS = (
    "Somebody is ill.",
    "The meeting was moved.",
    "Wrong date, sorry!",
    "The train is not running.",
    "",
)


class Aftermath:
    """Plays what became of a booking, up to ``now``: people came, cancelled, paid, or did not appear."""

    def __init__(self, random: Random, now: datetime) -> None:
        self.random, self.now = random, now

    def play(self, reservation: Reservation) -> None:
        chance = self.random.random()
        if self.random.random() < PAID_AHEAD_SHARE and reservation.status == Status.CONFIRMED:
            self._pay(reservation, reservation.created_at)
        if chance < CANCELLED_SHARE:
            self._cancel(reservation)
        elif reservation.ends_at <= self.now:
            self._past(reservation, came=chance > CANCELLED_SHARE + NO_SHOW_SHARE)
        elif reservation.starts_at <= self.now:
            self.arrive(reservation)

    def arrive(self, reservation: Reservation) -> None:
        minutes = timedelta(minutes=self.random.randrange(8))
        check_in(
            reservation_id=reservation.pk,
            actor=FRONT_DESK,
            now=min(reservation.starts_at + minutes, self.now),
        )

    def _past(self, reservation: Reservation, *, came: bool) -> None:
        if not came:
            noticed_at = reservation.starts_at + timedelta(minutes=20)
            mark_no_show(reservation_id=reservation.pk, actor=FRONT_DESK, now=noticed_at)
            return
        self.arrive(reservation)
        if self.random.random() < PAID_AFTER_SHARE:
            self._pay(reservation, reservation.ends_at)
        complete_reservation(reservation_id=reservation.pk, actor=FRONT_DESK, now=reservation.ends_at)

    def _cancel(self, reservation: Reservation) -> None:
        booked = reservation.created_at
        span = min(reservation.starts_at, self.now) - booked
        cancel_reservation(
            reservation_id=reservation.pk,
            actor=FRONT_DESK,
            reason=self.random.choice(REASONS),
            now=booked + span * self.random.random(),
        )

    def _pay(self, reservation: Reservation, now: datetime) -> None:
        # What was paid ahead is not asked for twice.
        reservation.refresh_from_db(fields=["bill"])
        due = round_amount(reservation.total_amount, reservation.currency) - balance(reservation)
        if due > 0:
            record_payment(reservation_id=reservation.pk, amount=due, actor=FRONT_DESK, note="Card", now=now)
