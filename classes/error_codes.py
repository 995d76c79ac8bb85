CODES = {
    400: {
        "payout_settled": "what has been paid out is not worked out anew",
        "fully_booked": "no seats are left; `waitlist` says whether one can wait for one",
    },
    403: {"not_approved": "a facilitator's profile that the venue has not approved yet"},
    409: {
        "waitlist_full": "as many people wait as may",
    },
    429: {"told_often": "people were written to, or colleagues asked, as often as may be within a day"},
}
"""Those with which bookings are refused stand in ``extension.REASONS``."""
