"""News for the apps above."""

from enum import StrEnum

from django.dispatch import Signal


class News(StrEnum):
    """What happened to somebody who waits."""

    JOINED = "joined"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    LEFT = "left"
    CHANGED = "changed"


entry_changed = Signal()
"""``entry`` (a ``WaitlistEntry``), ``news`` (a ``News``), ``offer`` (a ``WaitlistOffer`` or None).

Sent inside the transaction of the change; a receiver that raises undoes it.
"""
