"""Everything that changes feeds and external calendars."""

from calendars.services.feeds import customer_feed, make_feed, revoke_feed, rotate_feed

__all__ = ["customer_feed", "make_feed", "revoke_feed", "rotate_feed"]
