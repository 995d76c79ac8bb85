"""Why seats are not booked: codes, what they mean to programs, and sentences for people."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reservations.domain.extensions import Refusal
from reservations.exceptions import BookingRefused

REASONS = {
    400: {
        "no_session": "no session takes place there at exactly this time",
        "session_not_available": "cancelled, over, begun, or not published yet",
        "booking_not_open": "it is too early to book this session",
        "booking_closed": "it is too late to book this session",
        "already_booked": "the same person has seats in this session",
        "tier_needed": "the session has several prices: name one of its tiers",
        "tier_unknown": "the session has no such tier",
        "tier_not_sold": "this tier is not sold any more",
        "plan_not_offered": "this tier, or this session, is not paid in instalments",
        "stays_with_session": "seats belong to their session: cancel, and book another one",
        "waitlist_closed": "nobody gets a seat from the waitlist so shortly before the start",
        "pass_not_valid": "the pass has expired, is not paid, or is for other classes",
        "pass_used_up": "the pass has too few credits left",
        "costs_more": "booked again, it would cost more than before: book it as a new one",
    },
    409: {
        "tier_sold_out": "this tier has too few places left; others may have some",
        "online_full": "the seats sold online are gone; the venue may have more",
    },
}
MESSAGES: dict[str, str | Promise] = {
    "no_session": _("There's no class at this time. Choose one of the timetable."),
    "session_not_available": _("This session can't be booked."),
    "booking_not_open": _("Booking for this session hasn't opened yet."),
    "booking_closed": _("Booking for this session has closed."),
    "already_booked": _("You've already booked this session."),
    "tier_needed": _("Choose one of the prices."),
    "tier_unknown": _("Choose one of this session's prices."),
    "tier_not_sold": _("This price isn't sold any more. Choose another one."),
    "plan_not_offered": _("This price can't be paid in instalments."),
    "stays_with_session": _("Cancel this booking and book the other session instead."),
    "waitlist_closed": _("The waitlist for this session is closed."),
    "pass_not_valid": _("This pass isn't valid for this session."),
    "pass_used_up": _("This pass doesn't have enough credits left."),
    "costs_more": _("It costs more than when you booked it. Book it again at its new price if you like."),
    "tier_sold_out": _("Not enough places left at this price. Choose another one."),
    "online_full": _("No more seats are sold online. Contact the venue."),
}


def make_refusal(code: str) -> Refusal:
    return Refusal(code, MESSAGES[code])


def refuse_seat(code: str) -> BookingRefused:
    return BookingRefused(MESSAGES[code], code=code)
