"""News for the apps above; receivers write rows, or queue work for after the commit."""

from django.dispatch import Signal

capacity_released = Signal()
"""``venue_id``, ``leaf_ids``, ``start`` and ``end`` (UTC minutes, buffers included) of freed time."""

reservation_recorded = Signal()
"""``event`` (a ``ReservationEvent``); sent in the transaction, a receiver that raises undoes it."""

reservation_paid = Signal()
"""``payment`` that succeeded or failed, and ``reservation``; sent in the transaction."""

link_wanted = Signal()
"""``reservation`` whose secret link is to be sent again, to its own address."""
