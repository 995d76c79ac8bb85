"""News for the apps above; receivers write rows, or queue work for after the commit."""

from django.dispatch import Signal

capacity_released = Signal()
"""``venue_id``, ``leaf_ids``, ``start`` and ``end`` (UTC minutes, buffers included) of freed time; ``spans``:
each leaf with what came free there. Sent in the transaction."""

reservations_recorded = Signal()
"""``events`` (``ReservationEvent``) that happened at once; sent in the transaction, a receiver that raises
undoes it."""

reservations_paid = Signal()
"""``paid``: payments that succeeded or failed, each with its reservation; sent in the transaction."""

link_wanted = Signal()
"""``reservation`` whose secret link is to be sent again, to its own address."""
