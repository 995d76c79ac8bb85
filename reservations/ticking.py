"""Reservations' part of what is done once a minute."""

from datetime import datetime

from reservations import services


def tick(now: datetime) -> dict[str, int]:
    return {
        "holds expired": services.expire_overdue_holds(now=now),
        "no-shows released": services.release_no_shows(now=now),
        "payments settled": services.settle_payments(now=now),
        "unpaid requests expired": services.expire_unpaid(now=now),
        "keys forgotten": services.forget_keys(now=now),
    }
