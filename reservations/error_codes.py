from scheduling.reasons import Reason

CODES = {
    400: {
        Reason.PAST: "the start lies before now",
        Reason.TOO_SOON: (
            "less than the lead time away; for a no-show: before the start; for completing: before the day; "
            "for handing out: before its dates, or while it is not back"
        ),
        Reason.TOO_FAR: "beyond the horizon",
        Reason.TOO_SHORT: "shorter than the rules allow",
        Reason.TOO_LONG: "longer than the rules, or these opening hours, allow",
        Reason.OFF_STEP: "start or length lies between two steps",
        Reason.CLOSED: "outside opening hours, on a holiday, or during a closure",
        Reason.PARTY_TOO_SMALL: "fewer than the resource serves",
        Reason.PARTY_TOO_LARGE: "more than the resource serves",
        Reason.LIMIT_REACHED: ("the customer has as many bookings as the rules allow, or waits for 20 times"),
        Reason.ALREADY_BOOKED_THEN: "the customer has another booking at this time, and the rules allow one",
        Reason.NOT_BOOKABLE: "is not booked but had in another way; the sentence says how",
        Reason.INACTIVE: "takes no bookings at the moment",
        Reason.SIGN_IN_REQUIRED: "only for those who are signed in",
        Reason.MEMBERS_ONLY: "only for members of the venue",
        "payment_required": "a deposit has to be paid first; `due` says how much",
        "answer_needed": (
            "a question of the venue is not answered, or not like this; `fields` names it as "
            "`answers.<question id>`"
        ),
        "terms_not_accepted": "the venue has terms, and `accept_terms` was not `true`",
        "last_resource": (
            "a hold keeps at least one resource, and one that is offered keeps all; release it instead"
        ),
        "hold_limit": ("a hold lasts three times its length at most, one that is offered until its deadline"),
        "transition_not_allowed": "not possible in the reservation's present state",
        "has_begun": "who is checked in keeps the start: staff change the end, the people and the place",
        "too_late_to_change": "for customers: it has begun, or cancelling it now would return nothing",
        "check_in_closed": "check-in is not open yet, or over",
        "refused": "another rule; the sentence says which",
    },
    409: {
        Reason.TAKEN: (
            "the time has been taken; when staff take a no-show back, `in_the_way` lists the bookings"
        ),
        Reason.HELD: "someone is booking it right now; try again in a few minutes",
        Reason.CAPACITY: "fewer units are left than asked for",
        Reason.PART_TAKEN: "a part, or the whole it belongs to, is taken",
        "hold_expired": "the hold ran out and its time is gone",
        "cart_refused": "some of several holds cannot be booked; `refused` names each with its reason",
        "series_refused": "some of several times cannot be had; `refused` names each with its reason",
        "still_booked": "bookings are in the way of closing a time, or of having fewer seats",
    },
    429: {"too_many_holds": "a guest holds too many times at once: book or release some first"},
}
