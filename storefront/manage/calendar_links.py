"""Links that add a booking to web calendars; never with the secret link, because other companies see them."""

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from reservations.domain.naming import name_places, own_title
from reservations.domain.whereabouts import describe_place
from reservations.models import Reservation

BASIC = "%Y%m%dT%H%M%SZ"
EXTENDED = "%Y-%m-%dT%H:%M:%SZ"


def calendar_links(reservation: Reservation) -> list[tuple[str, str]]:
    title = f"{own_title(reservation) or name_places(reservation)} · {reservation.venue.name}"
    notes = _("Confirmation code: %s") % reservation.code
    place = describe_place(reservation)
    first, last = _utc(reservation.starts_at, BASIC), _utc(reservation.ends_at, BASIC)
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": _utc(reservation.starts_at, EXTENDED),
        "enddt": _utc(reservation.ends_at, EXTENDED),
        "body": notes,
        "location": place,
    }
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": f"{first}/{last}",
        "details": notes,
        "location": place,
    }
    yahoo = {"v": "60", "title": title, "st": first, "et": last, "desc": notes, "in_loc": place}
    return [
        ("Google", f"https://calendar.google.com/calendar/render?{_query(google)}"),
        ("Outlook.com", f"https://outlook.live.com/calendar/0/deeplink/compose?{_query(outlook)}"),
        ("Office 365", f"https://outlook.office.com/calendar/0/deeplink/compose?{_query(outlook)}"),
        ("Yahoo", f"https://calendar.yahoo.com/?{_query(yahoo)}"),
    ]


def _query(values: dict[str, str]) -> str:
    """With %20 for spaces: Outlook shows a plus as it is."""
    return urlencode(values, quote_via=quote)


def _utc(at: datetime, form: str) -> str:
    return f"{at.astimezone(UTC):{form}}"
