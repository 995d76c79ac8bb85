from django.dispatch import Signal

configuration_changed = Signal()
"""Hours, units, rules or prices of ``venue_id`` have changed: other times may be free."""
