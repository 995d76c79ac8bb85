"""Why a time cannot be booked: stable codes, shown to people in their own words elsewhere."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """One code per rule. The order is that in which the rules are tried."""

    INACTIVE = "inactive"
    """The resource takes no bookings at all."""
    SIGN_IN_REQUIRED = "sign_in_required"
    MEMBERS_ONLY = "members_only"
    PARTY_TOO_SMALL = "party_too_small"
    PARTY_TOO_LARGE = "party_too_large"
    PAST = "past"
    """The start lies before now."""
    TOO_SOON = "too_soon"
    """Less than the minimum notice away."""
    TOO_FAR = "too_far"
    """Beyond the maximum advance."""
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    """Above the longest duration, of the rules or of opening hours that limit it."""
    OFF_STEP = "off_step"
    """The start or the duration is not a whole number of slot steps."""
    CLOSED = "closed"
    HELD = "held"
    """Only somebody's unexpired hold stands in the way: it may come free shortly."""
    TAKEN = "taken"
    CAPACITY = "capacity"
    """Some units are left, but fewer than asked for."""
    PART_TAKEN = "part_taken"
    """A part of the resource (or the whole it is a part of) is taken."""
    LIMIT_REACHED = "limit_reached"
    """The customer already holds as many bookings as the rules allow."""
