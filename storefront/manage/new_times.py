"""Where a reservation could be moved, by the lines and the engine that check the move itself."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from common.money import round_amount
from reservations.availability import BusyByLeaf, Moment, rules_for
from reservations.domain.common_starts import find_common_starts, read_busy_of_lines
from reservations.domain.lengths import booked_length, end_after
from reservations.domain.lines import Line, Span
from reservations.domain.pricing import calculate_price
from reservations.domain.writing import booked_lines
from reservations.models import Reservation
from reservations.policies import Booker
from reservations.services import wants_approval
from scheduling.zones import day_span, from_minute, to_minute
from storefront.months import arrange_weeks, days_in

FREE, FULL, CLOSED, OUTSIDE = "free", "full", "closed", "outside"
"""A day has free times, is fully booked, has no times at all, or is outside the booking window."""


@dataclass(frozen=True, slots=True)
class DayChoice:
    on: date
    state: str
    count: int
    is_present: bool


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """``difference`` is the price compared with now's."""

    start: datetime
    end: datetime
    difference: Decimal


class NewTimes:
    """A reservation and one month to move it to; one query for other bookings."""

    def __init__(self, reservation: Reservation, booker: Booker, month: date, moment: Moment) -> None:
        self.reservation, self.booker, self.moment = reservation, booker, moment
        self.month = month.replace(day=1)
        self.zone = reservation.venue.zone_name
        self.duration = booked_length(reservation) // timedelta(minutes=1)
        self.lines: list[Line] = booked_lines(reservation)
        self.present = to_minute(reservation.starts_at)

    @property
    def weeks(self) -> list[list[DayChoice | None]]:
        return arrange_weeks(self.month, self.days)

    @cached_property
    def days(self) -> list[DayChoice]:
        return [self._day(self.month.replace(day=number + 1)) for number in range(days_in(self.month))]

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
        """The first and last UTC minute at which the rules of all lines let it begin."""
        rules = [rules_for(line.bookable, self.booker) for line in self.lines]
        advances = [
            rules_of_line.max_advance for rules_of_line in rules if rules_of_line.max_advance is not None
        ]
        now = self.moment.minute
        return now + max(rules_of_line.min_notice for rules_of_line in rules), now + min(
            advances
        ) if advances else None

    @property
    def is_last(self) -> bool:
        latest = self._window[1]
        return latest is not None and self._span[1] > latest

    @cached_property
    def _span(self) -> tuple[int, int]:
        last = self.month.replace(day=days_in(self.month))
        return day_span(self.month, self.zone)[0], day_span(last, self.zone)[1]

    @cached_property
    def _free(self) -> list[int]:
        start, end = self._span
        busy = read_busy_of_lines(
            self.lines,
            duration=self.duration,
            start=start,
            end=end,
            moment=self.moment,
            excluding=self.reservation.pk,
        )
        return [at for at in self._starts(busy) if at != self.present]

    @cached_property
    def _ever(self) -> list[int]:
        return self._starts({})

    def _starts(self, busy: BusyByLeaf) -> list[int]:
        start, end = self._span
        return find_common_starts(
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
        return start in self._free or start == self.present

    def times(self, on: date) -> list[TimeChoice]:
        return [self._time(at) for at in self._within(self._free, on)]

    def _time(self, at: int) -> TimeChoice:
        end = self._end(at)
        return TimeChoice(from_minute(at, self.zone), from_minute(end, self.zone), self.difference(at))

    def _end(self, start: int) -> int:
        return to_minute(end_after(self.reservation, from_minute(start), timedelta(minutes=self.duration)))

    def difference(self, start: int) -> Decimal:
        price = calculate_price(self.lines, start, self._end(start), self.reservation.party_size)
        new: Decimal = price["total_amount"]
        return new - round_amount(self.reservation.total_amount, self.reservation.currency)

    def needs_approval(self, start: int) -> bool:
        return wants_approval(self.lines, Span(start, self._end(start), self.reservation.party_size))
