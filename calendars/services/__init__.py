from calendars.services.external import add_calendar, change_calendar, fetch_soon, remove_calendar
from calendars.services.feeds import ensure_customer_feed, make_feed, revoke_feed, rotate_feed
from calendars.services.importing import fetch_due_calendars, fetch_external_calendar

__all__ = [
    "add_calendar",
    "change_calendar",
    "ensure_customer_feed",
    "fetch_due_calendars",
    "fetch_external_calendar",
    "fetch_soon",
    "make_feed",
    "remove_calendar",
    "revoke_feed",
    "rotate_feed",
]
