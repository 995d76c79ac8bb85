"""News of the ledger for the apps above."""

from django.dispatch import Signal

payment_recorded = Signal()
"""A charge or a refund has succeeded or failed: ``payment``, a ``Payment``, with its ``bill``.

Sent inside the transaction that writes it down; a receiver that raises undoes it.
"""
