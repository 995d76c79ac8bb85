from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency

from common.money import round_amount
from common.templatetags.holdfast import babel_locale, clock_text, zone_words


@dataclass(frozen=True, slots=True)
class Wording:
    language: str
    zone: ZoneInfo

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def day(self, on: date | datetime) -> str:
        """Saturday, 28 November 2026."""
        on = self.local(on).date() if isinstance(on, datetime) else on
        return str(format_date(on, "full", locale=babel_locale(self.language)))

    def time(self, at: datetime) -> str:
        return clock_text(self.local(at), babel_locale(self.language))

    def moment(self, at: datetime) -> str:
        return f"{self.day(at)}, {self.time(at)} ({zone_words(self.zone)})"

    def end(self, start: datetime, end: datetime) -> str:
        """The time alone where it is on the day of the start."""
        same_day = self.local(start).date() == self.local(end).date()
        return self.time(end) if same_day else f"{self.day(end)}, {self.time(end)}"

    def span(self, start: datetime, end: datetime) -> str:
        times = f"{self.time(start)} \N{EN DASH} {self.end(start, end)}"
        return f"{self.day(start)}, {times} ({zone_words(self.zone)})"

    def money(self, amount: str, currency: str) -> str:
        """Empty for zero."""
        rounded = round_amount(Decimal(amount), currency)
        return str(format_currency(rounded, currency, locale=babel_locale(self.language))) if rounded else ""
