"""What tests of removed history do."""

from collections.abc import Callable
from typing import Any

import time_machine

from common import clock
from reservations.domain.values import Actor
from reservations.models import Reservation
from reservations.services import make_rule, record_payment, remove_history
from resources.models import Resource
from tests.factories import at, book

LONG_AGO = -1200


def long_ago(act: Callable[[], Any], days: int = LONG_AGO) -> Any:
    with time_machine.travel(at(days, 8)):
        return act()


def remove(room: Resource, *, paid_months: int = 0, **options: Any) -> int:
    rule = make_rule(room.venue, months=24, paid_months=paid_months, now=clock.now(), **options)
    return remove_history(rule, now=clock.now())


def paid(room: Resource) -> Reservation:
    booked = book(room)
    record_payment(reservation_id=booked.pk, amount=booked.total_amount, actor=Actor())
    return booked
