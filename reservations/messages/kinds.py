from datetime import timedelta

from notifications.kinds import MessageKind, always_needed, kinds, topics
from reservations.enums import SUBJECT
from reservations.messages.names import STAFF, URGENT, BookingMessage
from reservations.messages.reminders import why_not_to_remind
from reservations.messages.texts import WORDS
from reservations.messages.topic import BookingTopic
from reservations.messages.undoing import STATUS_TOLD, TIME_TO_UNDO, why_undone

FOR_CUSTOMERS = frozenset(
    {
        *("start", "end", "code", "price", "deposit", "fee", "minimum_fee", "refund", "amount", "status"),
        *("old_date", "old_start", "old_end", "old_when", "old_party_size", "old_resource"),
        *("reason", "hours", "dates", "pay_until", "ended", "manage_url"),
        *(
            "leader",
            "called_off",
            "due",
            "parts",
            "cancel_until",
            "cancel_fees",
            "calendar_url",
            "has_map",
            "map_url",
        ),
    }
)
OF_THEIRS = {"manage_url", "cancel_until", "cancel_fees", "calendar_url", "has_map", "map_url"}
FOR_STAFF = FOR_CUSTOMERS - OF_THEIRS | {
    *("customer", "customer_email", "customer_phone", "customer_requests", "customer_answers", "admin_url")
}

WHY_NOT = {BookingMessage.REMINDER: why_not_to_remind} | dict.fromkeys(STATUS_TOLD, why_undone)


def register() -> None:
    topics.register(SUBJECT, BookingTopic())
    for kind in BookingMessage:
        is_for_staff = kind in STAFF
        kinds.register(
            kind,
            MessageKind(
                label=kind.label,
                topic=SUBJECT,
                words=WORDS[kind],
                placeholders=FOR_STAFF if is_for_staff else FOR_CUSTOMERS,
                is_for_staff=is_for_staff,
                is_urgent=kind in URGENT,
                waits=TIME_TO_UNDO if kind in STATUS_TOLD else timedelta(0),
                still_needed=WHY_NOT.get(kind, always_needed),
            ),
        )
