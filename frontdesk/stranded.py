"""Tells whoever changes a resource which bookings no longer fit it."""

from datetime import timedelta
from typing import Any

from common.clock import now
from frontdesk.planning import list_obstructed_bookings
from resources.models import Resource

HORIZON = timedelta(days=3 * 366)


def list_stranded_bookings(resource: Resource) -> list[dict[str, Any]]:
    """Bookings to come that today's capacity, units, hours or state would refuse, with the reason."""
    at = now()
    return [
        {
            "reservation_id": str(each.pk),
            "code": each.code,
            "start": each.local_start.isoformat(),
            "end": each.local_end.isoformat(),
            "reason": str(why.reason),
            "message": str(why.message),
        }
        for each, why in list_obstructed_bookings(resource.venue_id, [resource.pk], at, at + HORIZON)
    ]
