from django.dispatch import Signal

payment_recorded = Signal()
"""Sent with ``payment``, in the transaction that records that it succeeded or failed."""
