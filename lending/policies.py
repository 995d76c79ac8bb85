"""Pure rules of lending: who comes first, who may have something, until when. Times are UTC minutes.

No ORM, no request: frozen facts and ``now`` in, an answer out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lending.enums import Approval, Audience, NamesShown, QueueRule, ReturnBy, Skip, Status
from reservations.enums import Status as Occupancy

SHORTEST = 5
"""Minutes before somebody else's booking that are still worth handing something out."""
ROLLING = 525_600
"""Minutes that a loan without an end keeps booked; the nightly run rolls it on."""
ROLL_ON = 30 * 1440
"""So few minutes left, and it is rolled on."""
OVERDUE_PUSH, OVERDUE_LEAST = 1440, 720
"""What is overdue stays booked for a day, renewed once half of that is over."""
FOREVER = 1 << 40
"""A minute that nobody lives to see."""
NOTICE_OF_RECALL = 1440
NEAR = 1440
"""Dates that begin within so many minutes take what is free now from those who wait for more."""
AT_RISK = 1440
"""Minutes before a booking of what is still out, from which on staff are told."""
REMEMBERED_HALF_LIVES = 8
"""What was longer ago counts less than half a hundredth of its minutes."""
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Terms:
    """The lending rules of a thing; minutes unless a name says otherwise."""

    rules_id: int
    loan_period: int | None = None
    longest: int | None = None
    approval: Approval = Approval.INSTANT
    pickup_window: int | None = None
    lease: int | None = None
    queue_lease: int | None = None
    renewals: int = 2
    renew_while_wanted: bool = False
    service_time: int = 0
    max_out: int | None = None
    max_waiting: int | None = None
    overdue_blocks: bool = True
    queue_rule: QueueRule = QueueRule.FIFO
    half_life_days: int = 7
    fair_cap_hours: int = 24
    overtakes: int = 3
    audience: Audience = Audience.SIGNED_IN
    return_by: ReturnBy = ReturnBy.HOLDER
    names_shown: NamesShown = NamesShown.INITIALS
    reminder_hours: tuple[int, ...] = (24,)
    chaser_days: tuple[int, ...] = (1, 3, 7)
    horizon_days: int = 365

    @property
    def has_limits(self) -> bool:
        return self.max_out is not None or self.max_waiting is not None

    def period_of(self, wanted: int | None) -> int | None:
        """None for as long as it takes."""
        if wanted and not self.allows(wanted):
            return self.longest
        return wanted or self.loan_period or self.longest

    def allows(self, wanted: int | None) -> bool:
        return wanted is None or self.longest is None or wanted <= self.longest


class Place(NamedTuple):
    """What decides about somebody's place; ``waited`` in seconds, ``held`` in decayed minutes."""

    id: int
    priority: int
    seq: int
    waited: int = 0
    held: float = 0.0


def order_key(place: Place, terms: Terms) -> tuple[float, ...]:
    """Sorts whoever comes first to the front."""
    if terms.queue_rule == QueueRule.FIFO:
        return (-place.priority, place.seq, place.id)
    # Nobody waits for ever because others have had less.
    has_waited = place.waited > terms.fair_cap_hours * HOUR
    return (-place.priority, not has_waited, 0.0 if has_waited else place.held, place.seq, place.id)


def common_terms(all_terms: Iterable[Terms]) -> Terms:
    """By which a queue of several things is ordered: a fair rule wins, then the oldest rules."""
    return min(all_terms, key=lambda terms: (terms.queue_rule != QueueRule.FAIR, terms.rules_id))


def widest_terms(all_terms: Iterable[Terms]) -> Terms:
    """By which something of several can be had for longest."""
    return max(all_terms, key=lambda terms: terms.longest or FOREVER)


def longest_period(all_terms: Iterable[Terms], wanted: int | None) -> int | None:
    """For how long somebody may keep whichever of several they get; None: nobody can tell."""
    periods = [terms.period_of(wanted) for terms in all_terms]
    return max((period or 0 for period in periods), default=None) if all(periods) else None


def decay(minutes: float, age_seconds: float, half_life_days: int) -> float:
    """What ``minutes`` of use count for so long after their end."""
    return float(minutes * 2 ** (-max(age_seconds, 0) / (half_life_days * DAY)))


def held_minutes(spans: Iterable[tuple[int, int]], now: int, half_life_days: int) -> float:
    """``spans``: from and until, in seconds; what is still out ends now."""
    return sum(
        decay((min(end, now) - start) / MINUTE, now - min(end, now), half_life_days) for start, end in spans
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of somebody who wants something."""

    is_active: bool = True
    is_member: bool = False
    has_overdue: bool = False
    out: int = 0
    """How many they have under the same rules."""


def find_ineligibility(standing: Standing, terms: Terms, *, suspended: bool = False) -> Skip | None:
    """Why this person may not have it now; None if they may."""
    if not standing.is_active:
        return Skip.INACTIVE
    if terms.audience == Audience.MEMBERS and not standing.is_member:
        return Skip.MEMBERS_ONLY
    if terms.overdue_blocks and standing.has_overdue:
        return Skip.OVERDUE
    if terms.max_out is not None and standing.out >= terms.max_out:
        return Skip.MAX_OUT
    return Skip.SUSPENDED if suspended else None


class Grant(NamedTuple):
    """``end`` is that of what is booked, service time included; no ``due``: as long as it takes."""

    start: int
    end: int
    due: int | None


def find_grant(start: int, free_until: int, terms: Terms, wanted: int | None) -> Grant | None:
    """What can be granted at ``start`` of what nobody else has before ``free_until``; None: not worth it.

    "Have it until Friday 13:45" is an answer, too: it ends in time for whoever comes next.
    """
    period = terms.period_of(wanted)
    latest = free_until - terms.service_time
    if latest - start < min(SHORTEST, period or SHORTEST):
        return None
    if period is None:
        is_open = free_until - start >= ROLLING
        return Grant(start, start + ROLLING if is_open else free_until, None if is_open else latest)
    # Until it is fetched, nobody else can have it either.
    due = min(start + (terms.pickup_window or 0) + period, latest)
    return Grant(start, due + terms.service_time, due)


def find_due(start: int, now: int, limit: int, terms: Terms, wanted: int | None) -> int | None:
    """Until when a loan that began at ``start`` may go on from ``now``; ``limit``: free until then.

    None: as long as it takes.
    """
    period = terms.period_of(wanted)
    latest = limit - terms.service_time
    if period is None:
        return None if limit - now >= ROLLING else latest
    end = now + period
    if terms.longest is not None:
        end = min(end, start + terms.longest)
    return min(end, latest)


def find_missing_span(status: Status, occupancy: str, end: int, minute: int) -> tuple[int, int] | None:
    """From when and until when what somebody has is not there, beyond ``end``, to which it is booked.

    None: it should not be there before ``end``, or need not come back.
    """
    if status == Status.LOST:
        # Of a copy the unit left service with it; anything else may be found some day.
        return (max(end, minute), FOREVER) if occupancy == Occupancy.CHECKED_IN else None
    if status == Status.OUT and end <= minute + SHORTEST + 1:
        return max(end, minute), minute + OVERDUE_PUSH
    return None


def find_recalled_due(now: int, due: int | None) -> int:
    """A day is left, and never more than before."""
    earliest = now + NOTICE_OF_RECALL
    return earliest if due is None else min(due, earliest)


def breaks_promise(before: int | None, after: int | None) -> bool:
    """Whether the first in line would wait longer than they were told, as in EASY backfill.

    When they would surely be served without and with the booking in question; None: nobody can tell.
    """
    return before is not None and (after is None or after > before)
