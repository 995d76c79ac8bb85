"""Classes in the admin: what is set up is edited, all else is changed by services alone."""

from classes.admin import money, offers, people, sessions

__all__ = ["money", "offers", "people", "sessions"]
