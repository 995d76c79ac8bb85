"""When a session can be booked, waited for and cancelled; instants are UTC minutes."""

from dataclasses import dataclass
from decimal import Decimal

from classes.enums import BelowMinimum, WaitlistMode
from resources.bookables import Tier

HOUR, DAY = 60, 1440
LONGEST_SESSION, LONGEST_RETREAT = DAY, 14 * DAY
FREE_AFTER_MOVE = 48 * HOUR
"""After the venue has moved a session, its people may cancel for so long without a fee."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Of a class type; these are those of sessions without one."""

    type_id: int | None = None
    book_from_days: int | None = None
    book_until: int = 0
    late_cancel_hours: int = 0
    waitlist_mode: WaitlistMode = WaitlistMode.HELD
    waitlist_close: int = 120
    offer_minutes: int = 120
    max_waiting: int | None = None
    min_attendance: int = 0
    decide_hours: int = 24
    below_minimum: BelowMinimum = BelowMinimum.ASK
    policy: tuple[Tier, ...] | None = None

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """What cancelling returns; without a policy all of it until it is late, and nothing after that."""
        if self.policy is not None:
            return self.policy
        return self.credit_tiers

    @property
    def credit_tiers(self) -> tuple[Tier, ...]:
        """Until when a pass gets its credits back; empty for until the start."""
        is_ever_late = self.late_cancel_hours > 0
        return (Tier(self.late_cancel_hours, Decimal(100), Decimal(0)),) if is_ever_late else ()


USUAL = Rules()


def find_closed_window(rules: Rules, start: int, now: int) -> str:
    """Why customers cannot book now; empty if they can."""
    if rules.book_from_days is not None and now < start - rules.book_from_days * DAY:
        return "booking_not_open"
    return "booking_closed" if now > start - rules.book_until or now >= start else ""


def is_waitlist_open(rules: Rules, start: int, now: int) -> bool:
    return now < start - rules.waitlist_close


def find_offer_end(rules: Rules, start: int, now: int) -> int:
    """Until when a seat is held for somebody in line."""
    return min(now + rules.offer_minutes, start - rules.waitlist_close)


def is_in_time(rules: Rules, start: int, now: int) -> bool:
    """Whether cancelling returns a credit."""
    return start - now >= rules.late_cancel_hours * HOUR


def is_free_to_cancel(rules: Rules, start: int, now: int) -> bool:
    """Whether cancelling costs nothing at all, so that a seat may be booked without asking."""
    in_time = [tier for tier in rules.tiers if start - now >= tier.hours_before * HOUR]
    best = max(in_time, key=lambda tier: tier.hours_before, default=None)
    returns_all = not rules.tiers or (best is not None and best.percentage == 100 and not best.fee)
    return returns_all and is_in_time(rules, start, now)


def is_time_to_decide(rules: Rules, start: int, now: int) -> bool:
    """Whether too few people are a reason to call it off by now."""
    return rules.min_attendance > 0 and start - rules.decide_hours * HOUR <= now < start


def find_free_end(start: int, now: int) -> int:
    """Until when people may cancel freely what the venue has just moved."""
    return min(now + FREE_AFTER_MOVE, start)


def fits_type(start: int, end: int, *, is_retreat: bool) -> bool:
    return end - start <= (LONGEST_RETREAT if is_retreat else LONGEST_SESSION)
