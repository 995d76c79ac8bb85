"""Marks what has ended by itself; run it once a minute."""

from typing import Any

from django.core.management import BaseCommand

from common import clock
from reservations.services import (
    expire_overdue_holds,
    expire_unpaid,
    forget_keys,
    release_no_shows,
    settle_payments,
)


class Command(BaseCommand):
    help = "Marks holds that ran out and frees bookings nobody came to. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        expired, released = expire_overdue_holds(now=now), release_no_shows(now=now)
        settled, unpaid = settle_payments(now=now), expire_unpaid(now=now)
        forgotten = forget_keys(now=now)
        self.stdout.write(
            f"{expired} holds expired, {released} no-shows released, "
            f"{settled} payments settled, {unpaid} unpaid requests expired, {forgotten} keys forgotten"
        )
