CODES = {
    409: {
        "stale_version": "it has changed since it was read",
        "invitation_over": "an invitation to a team that was accepted, withdrawn or has expired",
        "in_use": (
            "reservations or other rows refer to it, so it cannot be deleted; `is_active: false` takes it "
            "out of service"
        ),
    },
}
