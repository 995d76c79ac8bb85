CODES = {
    400: {
        "payment_failed": "the payment provider refused",
        "paid_at_venue": "there is no payment provider, or it has no page for customers",
        "nothing_due": "there is nothing to pay now",
    },
    409: {"payment_under_way": "another payment for this has not been settled yet"},
    503: {"payment_unavailable": "the payment provider cannot be reached"},
}
