"""Recurring bookings: their dates, and booking, changing and cancelling them together."""

from reservations.series.booking import Occurrence, Pattern, book_series, series_preview
from reservations.series.changing import Scope, SeriesChange, cancel_series, change_series
from reservations.series.rrule import MOST_OCCURRENCES, dates_of

__all__ = [
    "MOST_OCCURRENCES",
    "Occurrence",
    "Pattern",
    "Scope",
    "SeriesChange",
    "book_series",
    "cancel_series",
    "change_series",
    "dates_of",
    "series_preview",
]
