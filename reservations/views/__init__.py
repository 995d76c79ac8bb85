"""Booking pages: find a time, hold it, book it, manage it."""
