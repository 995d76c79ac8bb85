"""Why a time cannot be booked: stable codes, in the order in which the rules are tried."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    NOT_BOOKABLE = "not_bookable"
    """It is not booked at all: a product gives it in another way."""
    INACTIVE = "inactive"
    SIGN_IN_REQUIRED = "sign_in_required"
    MEMBERS_ONLY = "members_only"
    PARTY_TOO_SMALL = "party_too_small"
    PARTY_TOO_LARGE = "party_too_large"
    PAST = "past"
    TOO_SOON = "too_soon"
    """Less than the minimum notice away."""
    TOO_FAR = "too_far"
    """Beyond the maximum advance."""
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    OFF_STEP = "off_step"
    """The start or the duration is not a whole number of slot steps."""
    CLOSED = "closed"
    HELD = "held"
    """Only an unexpired hold is in the way: it may be free again soon."""
    TAKEN = "taken"
    CAPACITY = "capacity"
    """Some units are left, but fewer than asked for."""
    PART_TAKEN = "part_taken"
    """A part of the resource, or the whole it belongs to, is taken."""
    LIMIT_REACHED = "limit_reached"
    ALREADY_BOOKED_THEN = "already_booked_then"
    """The same customer has another booking at that time, where nobody can be in two places at once."""
