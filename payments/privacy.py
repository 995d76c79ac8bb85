"""What the ledger holds of a person."""

from accounts import privacy


class LedgerPart(privacy.Part):
    """Payments are shown and their notes forgotten with what they were paid for, by its own app."""

    left_out = {
        "payments.Payment.actor": "What staff recorded is the venue's ledger; one's own is exported.",
    }
