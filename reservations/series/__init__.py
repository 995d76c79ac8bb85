"""Recurring bookings: their dates, and booking, changing and cancelling them together."""

from reservations.series.booking import book_series, series_preview
from reservations.series.changing import cancel_series, change_series

__all__ = ["book_series", "cancel_series", "change_series", "series_preview"]
