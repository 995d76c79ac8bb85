"""News for the apps above; receivers write rows of their own or queue what is to be done after the commit."""

from django.dispatch import Signal

capacity_released = Signal()
"""Time came free: ``venue_id``, ``leaf_ids``, ``start`` and ``end`` (UTC minutes, buffers included)."""

reservation_recorded = Signal()
"""A change of a reservation: ``event``, its ``ReservationEvent``, with ``event.reservation`` as it is now.

Sent inside the transaction of the change; a receiver that raises undoes it.
"""

reservation_paid = Signal()
"""A charge or a refund has succeeded or failed: ``payment`` with the ``reservation`` it is for.

Sent inside the transaction that writes it down; a receiver that raises undoes it.
"""

link_wanted = Signal()
"""The secret link of ``reservation`` is lost; whoever asks gave its code and address: send it there."""
