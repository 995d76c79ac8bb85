"""Where a reservation could be moved to: days of a month, times of a day, and what each would cost.

Asks for all its resources at once, with the lines and the engine that the move itself is checked by.
"""

import calendar
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from common.money import round_amount
from reservations.availability import BusyByLeaf, Moment, rules_for
from reservations.domain.common_starts import common_starts, lines_busy
from reservations.domain.lines import Line, Span
from reservations.domain.pricing import priced
from reservations.domain.writing import booked_lines
from reservations.models import Reservation
from reservations.policies import Booker
from reservations.services import wants_approval
from scheduling.zones import day_span, from_minute, to_minute

FREE, FULL, CLOSED, OUTSIDE = "free", "full", "closed", "outside"
"""What a day offers: times, none left, none at all, or it lies outside of what may be booked now."""


@dataclass(frozen=True, slots=True)
class DayChoice:
    """One day of the month's table."""

    on: date
    state: str
    count: int
    is_present: bool


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """One start that can be had, with what it costs more (or less) than now."""

    start: datetime
    end: datetime
    difference: Decimal


class NewTimes:
    """One reservation and a month to which it could be moved; one query for what is booked by others."""

    def __init__(self, reservation: Reservation, booker: Booker, month: date, moment: Moment) -> None:
        self.reservation, self.booker, self.moment = reservation, booker, moment
        self.month = month.replace(day=1)
        self.zone = reservation.venue.zone_name
        self.duration = (reservation.ends_at - reservation.starts_at) // timedelta(minutes=1)
        self.lines: list[Line] = booked_lines(reservation)
        self.present = to_minute(reservation.starts_at)

    @property
    def weeks(self) -> list[list[DayChoice | None]]:
        """Rows of seven from Monday on; None where another month's days would be."""
        days = {day.on: day for day in self.days}
        weeks = calendar.Calendar().monthdatescalendar(self.month.year, self.month.month)
        return [[days.get(on) for on in week] for week in weeks]

    @cached_property
    def days(self) -> list[DayChoice]:
        _first, last = calendar.monthrange(self.month.year, self.month.month)
        return [self._day(self.month.replace(day=number)) for number in range(1, last + 1)]

    def _day(self, on: date) -> DayChoice:
        count = len(self._within(self._free, on))
        state = FREE if count else self._why_none(on)
        return DayChoice(on, state, count, self.reservation.local_start.date() == on)

    def _why_none(self, on: date) -> str:
        start, end = day_span(on, self.zone)
        earliest, latest = self._window
        if end <= earliest or (latest is not None and start > latest):
            return OUTSIDE
        return FULL if self._within(self._ever, on) else CLOSED

    @cached_property
    def _window(self) -> tuple[int, int | None]:
        """Between which minutes the rules of all lines let it begin."""
        rules = [rules_for(line.bookable, self.booker) for line in self.lines]
        ahead = [each.max_advance for each in rules if each.max_advance is not None]
        now = self.moment.minute
        return now + max(each.min_notice for each in rules), now + min(ahead) if ahead else None

    @property
    def is_last(self) -> bool:
        """Whether the rules let nothing be booked after this month."""
        latest = self._window[1]
        return latest is not None and self._span[1] > latest

    @cached_property
    def _span(self) -> tuple[int, int]:
        _first, last = calendar.monthrange(self.month.year, self.month.month)
        return day_span(self.month, self.zone)[0], day_span(self.month.replace(day=last), self.zone)[1]

    @cached_property
    def _free(self) -> list[int]:
        start, end = self._span
        busy = lines_busy(
            self.lines,
            duration=self.duration,
            start=start,
            end=end,
            moment=self.moment,
            but=self.reservation.pk,
        )
        return [at for at in self._starts(busy) if at != self.present]

    @cached_property
    def _ever(self) -> list[int]:
        """What would be free if nobody else had booked."""
        return self._starts({})

    def _starts(self, busy: BusyByLeaf) -> list[int]:
        start, end = self._span
        return common_starts(
            self.lines,
            busy,
            duration=self.duration,
            party_size=self.reservation.party_size,
            booker=self.booker,
            start=start,
            end=end,
            now=self.moment.minute,
        )

    def _within(self, starts: Sequence[int], on: date) -> Sequence[int]:
        first, last = day_span(on, self.zone)
        return starts[bisect_left(starts, first) : bisect_left(starts, last)]

    def offers(self, start: int) -> bool:
        """Whether it could be moved to this UTC minute of the month now."""
        return start in self._free or start == self.present

    def times(self, on: date) -> list[TimeChoice]:
        """What can be had on a day of this month."""
        return [self._time(at) for at in self._within(self._free, on)]

    def _time(self, at: int) -> TimeChoice:
        end = at + self.duration
        return TimeChoice(from_minute(at, self.zone), from_minute(end, self.zone), self.difference(at))

    def difference(self, start: int) -> Decimal:
        """What it would cost more than now (UTC minute)."""
        new: Decimal = priced(self.lines, start, start + self.duration, self.reservation.party_size)[
            "total_amount"
        ]
        return new - round_amount(self.reservation.total_amount, self.reservation.currency)

    def needs_approval(self, start: int) -> bool:
        """Whether staff would have to approve it at that time (UTC minute)."""
        return wants_approval(self.lines, Span(start, start + self.duration, self.reservation.party_size))
