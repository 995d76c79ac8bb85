from datetime import timedelta
from typing import Any

from common.clock import now
from frontdesk.planning import list_obstructed_bookings
from resources.models import Resource

HORIZON = timedelta(days=3 * 366)


def list_stranded_bookings(resource: Resource) -> list[dict[str, Any]]:
    """For the API: bookings to come that the present configuration would refuse, with the reason."""
    at = now()
    return [
        {
            "reservation_id": str(reservation.pk),
            "code": reservation.code,
            "start": reservation.local_start.isoformat(),
            "end": reservation.local_end.isoformat(),
            "reason": str(obstacle.reason),
            "message": str(obstacle.message),
        }
        for reservation, obstacle in list_obstructed_bookings(
            resource.venue_id, [resource.pk], at, at + HORIZON
        )
    ]
