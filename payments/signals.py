from django.dispatch import Signal

payments_recorded = Signal()
"""Sent with ``payments``, in the transaction that records that they succeeded or failed."""
