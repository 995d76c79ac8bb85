"""From when on, and until when, a booking can be moved, checked in and completed."""

from datetime import datetime, time, timedelta
from decimal import Decimal

from common.clock import epoch_minute
from common.money import round_amount
from reservations.domain.lines import Line
from reservations.enums import Status
from reservations.models import Reservation
from reservations.policies import cancellation_fee
from resources.bookables import Tier
from scheduling.zones import to_minute


def fee_by_tiers(reservation: Reservation, now: int) -> Decimal:
    """Nothing for holds and unapproved requests, else each resource's share by its own tiers."""
    currency = reservation.currency
    fee = round_amount(Decimal(0), currency)
    if reservation.status in (Status.HELD, Status.PENDING):
        return fee
    # The terms of the day of booking, stored with it: later changes of the policy do not count.
    for share in reservation.cancellation_terms:
        if now < share.get("free_until", 0):  # the venue has changed it since
            continue
        tiers = [
            Tier(int(hours), Decimal(percent), Decimal(amount)) for hours, percent, amount in share["tiers"]
        ]
        fee += cancellation_fee(
            Decimal(share["amount"]), currency, tiers, start=to_minute(reservation.starts_at), now=now
        )
    return fee


def is_too_late_to_move(reservation: Reservation, now: datetime) -> bool:
    """For customers: once cancelling this time returns nothing."""
    if reservation.starts_at <= now:
        return True
    total = round_amount(reservation.total_amount, reservation.currency)
    # Without what earlier moves froze: that is kept anyhow, and may exceed the price of a shorter time.
    return bool(total) and fee_by_tiers(reservation, epoch_minute(now)) >= total


def find_arrival_opening(reservation: Reservation, lines: list[Line], *, is_staff: bool) -> datetime:
    """When people can be checked in, by the rules of what they have booked."""
    rules = [line.bookable.customer_rules for line in lines]
    start = reservation.starts_at
    opening = start - timedelta(minutes=max(rule.check_in_opens for rule in rules))
    if not is_staff:
        return opening
    local_start = reservation.local_start
    start_of_day = datetime.combine(local_start.date(), time(0), tzinfo=local_start.tzinfo)
    minutes = [rule.staff_check_in_opens for rule in rules]
    openings = [start_of_day if early is None else start - timedelta(minutes=early) for early in minutes]
    return min(opening, *openings)
