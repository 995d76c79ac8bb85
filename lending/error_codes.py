CODES = {
    400: {
        "not_lendable": "it is not lent at present",
        "overdue": "the borrower has something that is overdue; first bring it back",
        "not_renewable": "renewing gains nothing: recalled, without an end, or something else is booked next",
    },
    403: {"staff_confirm_returns": "staff confirm returns of this thing"},
    404: {"ran_out": "they had it or waited for it, and the lease or the time to fetch it ran out"},
    409: {
        "duplicate_reservation": "the same person has this thing, waits for it, or has these dates",
        "wanted": "someone waits for it; staff may override that",
        "queue_first": "someone in the queue will have it then, and has been told so",
        "lease_over": "the lease ran out before it was renewed",
        "resource_exists": "the venue has a resource of this name",
        "copy_taken": "this copy is with someone else",
    },
}
