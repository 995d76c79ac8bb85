from collections.abc import Sequence
from typing import Any

from notifications.kinds import MessagePayload
from notifications.models import Message
from notifications.services.writing import (
    active_language,
    messages_to_customer,
    messages_to_staff,
    write_messages,
)
from reservations.domain.naming import name_places, own_title
from waitlist.matching import find_title
from waitlist.messages.names import WaitlistMessage
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.signals import EntryChange, EntryNews

KIND_OF_NEWS = {
    EntryNews.JOINED: WaitlistMessage.JOINED,
    EntryNews.OFFERED: WaitlistMessage.OFFERED,
    EntryNews.EXPIRED: WaitlistMessage.EXPIRED,
    EntryNews.CALLED_OFF: WaitlistMessage.CALLED_OFF,
    EntryNews.CLOSED: WaitlistMessage.CLOSED,
}


def tell_of_entries(*, changes: Sequence[EntryChange], **kwargs: Any) -> None:
    write_messages(message for change in changes for message in _tell_of_change(*change))


def _tell_of_change(entry: WaitlistEntry, news: EntryNews, offer: WaitlistOffer | None) -> list[Message]:
    kind = KIND_OF_NEWS.get(news)
    if kind is None:
        return []
    key = str(offer.pk if offer else entry.pk)
    language = active_language() if news == EntryNews.JOINED else ""
    payload = entry_payload(entry, offer)
    messages = messages_to_customer(kind, key, entry, payload, language=language)
    if news == EntryNews.OFFERED and not messages:  # somebody has to call them
        return messages_to_staff(WaitlistMessage.STAFF_OFFERED, key, entry, payload)
    return messages


def entry_payload(entry: WaitlistEntry, offer: WaitlistOffer | None) -> MessagePayload:
    payload: MessagePayload = {
        "date": entry.preferred_on.isoformat(),
        "party_size": entry.party_size,
        "reason": entry.end_reason,
        "window": [bound and f"{bound:%H:%M}" for bound in (entry.earliest_time, entry.latest_time)],
    }
    if title := find_title(entry):
        payload["resource"] = title
    if offer is not None:
        payload |= {
            "offer": str(offer.pk),
            "starts_at": offer.reservation.starts_at.isoformat(),
            "ends_at": offer.reservation.ends_at.isoformat(),
            "deadline": offer.deadline_at.isoformat(),
            "resource": own_title(offer.reservation) or name_places(offer.reservation),
        }
    return payload
