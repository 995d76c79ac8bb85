from typing import Any

from anymail.signals import AnymailTrackingEvent, tracking

from notifications.services.tracking import record_report


def note_mail_report(*, event: AnymailTrackingEvent, **kwargs: Any) -> None:
    """Its signature was checked by anymail."""
    record_report(
        report=event.event_type,
        number=event.message_id or "",
        reference=(event.metadata or {}).get("message", ""),
        reason=f"{event.reject_reason or ''} {event.description or ''}".strip(),
    )


def connect() -> None:
    tracking.connect(note_mail_report, dispatch_uid="notifications.tracking")
