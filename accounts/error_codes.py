CODES = {
    400: {"not_configured": "this server has no `GOOGLE_CLIENT_ID`, so nobody signs in with Google"},
    401: {
        "invalid_id_token": (
            "the ID token is forged, expired, used before or meant for another client, or its provider has "
            "not verified the email address"
        ),
        "invalid_credentials": "no such account, another password, or the account is closed: always the same",
        "mfa_required": "the account has a second factor: send its `code`, too",
        "invalid_code": "this code is wrong, or was used already",
        "email_not_verified": "the link in the mail comes first",
    },
    403: {
        "reauthentication_needed": (
            "for what lasts, a session is not enough: send the account's `password`, too, or sign in again"
        ),
        "cookies_dropped": (
            "a page of another site asked for a CSRF token, though its browser keeps no cookie of ours "
            "(docs/browser-clients.md)"
        ),
    },
    503: {"provider_away": "Google cannot be reached; try again after `Retry-After` seconds"},
    409: {
        "email_exists": "an account with this email address exists; told to those who may add accounts",
        "username_exists": "an account with this user name exists",
        "bookings_open": (
            "an account with bookings to come is closed only with consent to cancel them; `bookings` names "
            "them"
        ),
        "account_needed": (
            "the only manager of a venue, the only administrator, or an account with a visit under way"
        ),
    },
}
