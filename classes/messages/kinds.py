from classes.enums import PASS_SUBJECT, SUBJECT
from classes.messages.names import LEFT, PROFILE, ROSTER, SEAT, STAFF, ClassMessage
from classes.messages.needed import why_not_to_tell
from classes.messages.texts import WORDS
from classes.messages.topics import LeftTopic, PassTopic, ProfileTopic, RosterTopic, SeatTopic, SessionTopic
from notifications.kinds import MessageKind, kinds, topics
from reservations.enums import SUBJECT as BOOKING
from reservations.messages.kinds import FOR_STAFF as OF_BOOKINGS
from waitlist.messages.kinds import PLACEHOLDERS as OF_WAITS
from waitlist.models import SUBJECT as WAIT

TOPICS: dict[ClassMessage, str] = {
    ClassMessage.TEACHER: SEAT,
    ClassMessage.LETTER: SEAT,
    ClassMessage.INSTALMENT_DUE: SEAT,
    ClassMessage.INSTALMENT_LATE: SEAT,
    ClassMessage.PASS_EXPIRING: PASS_SUBJECT,
    ClassMessage.WAIT_MOVED: WAIT,
    ClassMessage.SEAT_OPEN: WAIT,
    ClassMessage.BOOKED: BOOKING,
    ClassMessage.LEFT: LEFT,
    ClassMessage.PEOPLE_TOMORROW: ROSTER,
    ClassMessage.ASKS: PROFILE,
    ClassMessage.APPROVED: PROFILE,
}
"""All others are about sessions."""

PLACEHOLDERS = {
    SEAT: frozenset({"start", "place", "teacher", "before", "letter", "amount", "due", "manage_url"}),
    PASS_SUBJECT: frozenset({"credits", "own_url"}),
    WAIT: OF_WAITS | {"book_url"},
    BOOKING: OF_BOOKINGS - {"admin_url"} | {"lead_url"},
    ROSTER: frozenset({"day", "list", "number", "teach_url"}),
    LEFT: frozenset({"customer", "start", "list", "number", "teach_url"}),
    PROFILE: frozenset({"teacher", "teaches", "email", "people_url", "teach_url"}),
    SUBJECT: frozenset(
        {
            *("start", "place", "teacher", "before", "booked", "minimum", "old_when", "reason", "note"),
            *("session_url", "studio_url", "teach_url"),
        }
    ),
}


def register() -> None:
    topics.register(SUBJECT, SessionTopic())
    topics.register(SEAT, SeatTopic())
    topics.register(PASS_SUBJECT, PassTopic())
    topics.register(ROSTER, RosterTopic())
    topics.register(LEFT, LeftTopic())
    topics.register(PROFILE, ProfileTopic())
    for kind in ClassMessage:
        topic = TOPICS.get(kind, SUBJECT)
        kinds.register(
            kind,
            MessageKind(
                label=kind.label,
                topic=topic,
                words=WORDS[kind],
                placeholders=PLACEHOLDERS[topic],
                is_for_staff=kind in STAFF,
                still_needed=why_not_to_tell,
            ),
        )
