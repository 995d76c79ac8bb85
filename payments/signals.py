from django.dispatch import Signal

payment_recorded = Signal()
"""A charge or refund has succeeded or failed. Sent with ``payment`` inside the transaction that records it; a
receiver that raises undoes it.
"""
