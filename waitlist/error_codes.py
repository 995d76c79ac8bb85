CODES = {
    409: {
        "offer_expired": "the offered time was answered already, or not in time",
        "already_waiting": "the same person is on the waitlist for the same thing, date and times",
    },
}
