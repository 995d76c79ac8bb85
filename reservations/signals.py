"""News for the apps above; receivers only queue what is to be done after the commit."""

from django.dispatch import Signal

capacity_released = Signal()
"""Time came free: ``venue_id``, ``leaf_ids``, ``start`` and ``end`` (UTC minutes, buffers included)."""
