"""What happens to entries becomes rows of the outbox."""

from typing import Any

from notifications.kinds import Facts
from notifications.services.writing import spoken, to_customer, write
from waitlist.messages.names import Kind
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.signals import News

OF_NEWS = {News.JOINED: Kind.JOINED, News.OFFERED: Kind.OFFERED, News.EXPIRED: Kind.EXPIRED}


def tell_of_entry(*, entry: WaitlistEntry, news: News, offer: WaitlistOffer | None, **kwargs: Any) -> None:
    kind = OF_NEWS.get(news)
    if kind is not None:
        key = str(offer.pk if offer else entry.pk)
        language = spoken() if news == News.JOINED else ""
        write(to_customer(kind, key, entry, of_entry(entry, offer), language=language))


def of_entry(entry: WaitlistEntry, offer: WaitlistOffer | None) -> Facts:
    found: Facts = {
        "date": entry.preferred_on.isoformat(),
        "party_size": entry.party_size,
        "window": [each and f"{each:%H:%M}" for each in (entry.earliest_time, entry.latest_time)],
    }
    if offer is not None:
        found |= {
            "offer": str(offer.pk),
            "starts_at": offer.reservation.starts_at.isoformat(),
            "ends_at": offer.reservation.ends_at.isoformat(),
            "deadline": offer.deadline_at.isoformat(),
            "resource": ", ".join(item.resource.name for item in offer.reservation.items.all()),
        }
    return found
