"""Everything that changes feeds and external calendars."""

from calendars.services.external import add_calendar, change_calendar, look_now, remove_calendar
from calendars.services.feeds import customer_feed, make_feed, revoke_feed, rotate_feed
from calendars.services.importing import fetch, fetch_due

__all__ = [
    "add_calendar",
    "change_calendar",
    "customer_feed",
    "fetch",
    "fetch_due",
    "look_now",
    "make_feed",
    "remove_calendar",
    "revoke_feed",
    "rotate_feed",
]
