from accounts import privacy


class LedgerPart(privacy.Part):
    """Payments are exported, and their notes erased, by the app of what they pay for."""

    left_out = {
        "payments.Payment.actor": "What staff recorded is the venue's ledger; one's own is exported.",
    }
