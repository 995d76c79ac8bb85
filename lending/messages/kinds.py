from django.utils.translation import gettext_lazy as _

from lending.enums import SUBJECT
from lending.messages.names import (
    BOOKING_AT_RISK,
    DIGEST,
    OVERDUE_AT_VENUE,
    STAFF,
    URGENT,
    LoanMessage,
)
from lending.messages.needed import why_not_to_list, why_not_to_tell, why_not_to_warn
from lending.messages.texts import BOOKING_AT_RISK_WORDS, DIGEST_WORDS, WORDS
from lending.messages.topic import LoanTopic, OverdueTopic
from notifications.kinds import MessageKind, kinds, topics
from reservations.enums import SUBJECT as BOOKING
from reservations.messages.kinds import FOR_CUSTOMERS as OF_BOOKINGS

FOR_BORROWERS = frozenset(
    {
        *("due", "pickup_until", "lease_until", "reason", "hours", "days", "purpose"),
        *("lease_over", "never_there", "pickup_over", "booked", "instead_of", "paused_until"),
        *("position", "wait", "next_at", "loan_url"),
    }
)
FOR_STAFF = frozenset(
    {"due", "reason", "purpose", "customer", "customer_email", "next_at", "next_customer", "desk_url"}
)


def register() -> None:
    topics.register(SUBJECT, LoanTopic())
    topics.register(OVERDUE_AT_VENUE, OverdueTopic())
    for kind in LoanMessage:
        is_for_staff = kind in STAFF
        kinds.register(
            kind,
            MessageKind(
                label=kind.label,
                topic=SUBJECT,
                words=WORDS[kind],
                placeholders=FOR_STAFF if is_for_staff else FOR_BORROWERS,
                is_for_staff=is_for_staff,
                is_urgent=kind in URGENT,
                still_needed=why_not_to_tell,
            ),
        )
    kinds.register(
        DIGEST,
        MessageKind(
            label=_("Staff: overdue loans"),
            topic=OVERDUE_AT_VENUE,
            words=DIGEST_WORDS,
            placeholders=frozenset({"number", "list", "desk_url"}),
            is_for_staff=True,
            still_needed=why_not_to_list,
        ),
    )
    kinds.register(
        BOOKING_AT_RISK,
        MessageKind(
            label=_("Booking at risk: not brought back yet"),
            topic=BOOKING,
            words=BOOKING_AT_RISK_WORDS,
            placeholders=OF_BOOKINGS,
            is_urgent=True,
            still_needed=why_not_to_warn,
        ),
    )
