"""News for the apps above."""

from django.dispatch import Signal

configuration_changed = Signal()
"""Hours, units, rules or prices of ``venue_id`` are others now: more, or less, may be free."""
