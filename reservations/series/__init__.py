from reservations.series.booking import Occurrence, Pattern, book_series, preview_series
from reservations.series.changing import SeriesChange, SeriesScope, cancel_series, change_series
from reservations.series.rrule import MOST_OCCURRENCES, list_dates

__all__ = [
    "MOST_OCCURRENCES",
    "Occurrence",
    "Pattern",
    "SeriesChange",
    "SeriesScope",
    "book_series",
    "cancel_series",
    "change_series",
    "list_dates",
    "preview_series",
]
