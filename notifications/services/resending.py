import uuid

from accounts.models import User
from notifications.models import Message
from notifications.services.writing import write_messages


def resend_message(*, message: Message, by: User) -> Message:
    """A new message with the same texts, also to an address that refused the last one."""
    copy = Message(
        **{name: getattr(message, name) for name in _SAME},
        dedupe_key=f"again:{message.pk}:{uuid.uuid4()}",
        resend_of=message,
        resent_by=by,
    )
    write_messages([copy])
    return copy


_SAME = (
    *("venue_id", "kind", "channel", "recipient", "name", "user_id", "language"),
    *("subject_type", "subject_id", "payload", "subject", "text", "html"),
)
