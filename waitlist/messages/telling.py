from typing import Any

from notifications.kinds import MessagePayload
from notifications.services.writing import active_language, messages_to_customer, write_messages
from reservations.domain.naming import name_places, own_title
from waitlist.messages.names import WaitlistMessage
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.signals import EntryNews

KIND_OF_NEWS = {
    EntryNews.JOINED: WaitlistMessage.JOINED,
    EntryNews.OFFERED: WaitlistMessage.OFFERED,
    EntryNews.EXPIRED: WaitlistMessage.EXPIRED,
}


def tell_of_entry(
    *, entry: WaitlistEntry, news: EntryNews, offer: WaitlistOffer | None, **kwargs: Any
) -> None:
    kind = KIND_OF_NEWS.get(news)
    if kind is not None:
        key = str(offer.pk if offer else entry.pk)
        language = active_language() if news == EntryNews.JOINED else ""
        write_messages(messages_to_customer(kind, key, entry, entry_payload(entry, offer), language=language))


def entry_payload(entry: WaitlistEntry, offer: WaitlistOffer | None) -> MessagePayload:
    payload: MessagePayload = {
        "date": entry.preferred_on.isoformat(),
        "party_size": entry.party_size,
        "window": [bound and f"{bound:%H:%M}" for bound in (entry.earliest_time, entry.latest_time)],
    }
    if offer is not None:
        payload |= {
            "offer": str(offer.pk),
            "starts_at": offer.reservation.starts_at.isoformat(),
            "ends_at": offer.reservation.ends_at.isoformat(),
            "deadline": offer.deadline_at.isoformat(),
            "resource": own_title(offer.reservation) or name_places(offer.reservation),
        }
    return payload
