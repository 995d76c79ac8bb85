from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from common.templatetags.holdfast import clock, zone_words
from notifications.kinds import MessagePayload, Topic, Values
from notifications.models import Message
from notifications.wording import Wording
from resources.models import Resource
from waitlist.enums import WaitlistStatus
from waitlist.links import entry_path
from waitlist.messages.names import WaitlistMessage
from waitlist.models import WaitlistEntry
from waitlist.naming import name_entry
from waitlist.selectors import queue_positions

if TYPE_CHECKING:
    from resources.models import Venue

START = datetime(2030, 6, 14, 15, 0, tzinfo=UTC)
LENGTH = timedelta(minutes=90)


def admin_path(entry: WaitlistEntry) -> str:
    return reverse("admin:waitlist_waitlistentry_change", args=[entry.pk])


def book_path(entry: WaitlistEntry) -> str:
    """Where what they wait for can be booked."""
    thing = entry.resource or entry.group
    name = "resource-day" if entry.resource else "group-day"
    day = reverse(name, args=[thing.uuid]) if thing else reverse("home")
    return f"{day}?date={entry.preferred_on.isoformat()}"


class WaitlistTopic(Topic):
    labels = (
        ("resource", pgettext_lazy("message", "What")),
        ("when", pgettext_lazy("message", "When")),
        ("address", pgettext_lazy("message", "Where")),
        ("party_size", pgettext_lazy("message", "People")),
        ("position", pgettext_lazy("message", "Position")),
        ("deadline", pgettext_lazy("message", "Held until")),
        ("customer", pgettext_lazy("message", "Customer")),
        ("customer_phone", pgettext_lazy("message", "Phone")),
    )
    links = {"offer_url": entry_path, "admin_url": admin_path, "book_url": book_path}

    def load(self, subject_id: str) -> WaitlistEntry | None:
        entries = WaitlistEntry.objects.select_related("venue", "resource", "group")
        return entries.filter(pk=subject_id).first()

    def values(self, message: Message, subject: WaitlistEntry, wording: Wording) -> Values:
        return entry_values(message, subject, wording)

    def admin_path(self, subject_id: str) -> str:
        return reverse("admin:waitlist_waitlistentry_change", args=[subject_id])

    def sample(self, kind: str, venue: "Venue") -> tuple[WaitlistEntry, MessagePayload]:
        return _sample_entry(venue), _sample_payload(kind)


def entry_values(message: Message, entry: WaitlistEntry, wording: Wording) -> Values:
    payload = message.payload
    thing = entry.resource or entry.group
    values = {
        "resource": payload.get("resource") or (name_entry(entry) if thing else ""),
        "date": wording.day(date.fromisoformat(payload["date"])),
        "when": _describe_wish(payload, wording),
        "party_size": str(payload["party_size"]),
        "reason": payload.get("reason", ""),
        "customer": entry.who,
        "customer_phone": str(entry.customer_phone or ""),
        "position": str(queue_positions([entry]).get(entry.pk, ""))
        if message.kind == WaitlistMessage.JOINED
        else "",
    }
    if "deadline" in payload:
        start, end = _parse_instant(payload["starts_at"]), _parse_instant(payload["ends_at"])
        values |= {
            "date": wording.day(start),
            "start": wording.time(start),
            "end": wording.end(start, end),
            "when": wording.span(start, end),
            "deadline": wording.moment(_parse_instant(payload["deadline"])),
        }
    return values


def _describe_wish(payload: MessagePayload, wording: Wording) -> str:
    day, window = wording.day(date.fromisoformat(payload["date"])), payload["window"]
    if window[0] and window[0] == window[1]:
        return f"{day}, {clock(time.fromisoformat(window[0]))} ({zone_words(wording.zone)})"
    return f"{day} {_describe_window(window)}".strip()


def _describe_window(window: list[str | None]) -> str:
    first, last = (bound and clock(time.fromisoformat(bound)) for bound in window)
    if first and last:
        return _("(from %(first)s to %(last)s)") % {"first": first, "last": last}
    if first:
        return _("(from %(first)s)") % {"first": first}
    return _("(until %(last)s)") % {"last": last} if last else ""


def _parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _sample_entry(venue: "Venue") -> WaitlistEntry:
    return WaitlistEntry(
        venue=venue,
        resource=Resource(name="Green room"),
        customer_name="Ada Lovelace",
        customer_phone="+493012345678",
        preferred_on=date(2030, 6, 14),
        earliest_time=time(17),
        duration=90,
        party_size=4,
        status=WaitlistStatus.LEFT,  # so that nobody looks for its place
    )


def _sample_payload(kind: str) -> MessagePayload:
    payload: MessagePayload = {"date": "2030-06-14", "party_size": 4, "window": ["17:00", None]}
    if kind == WaitlistMessage.CALLED_OFF:
        payload["reason"] = _("The teacher is ill.")
    elif kind != WaitlistMessage.JOINED:
        payload |= {
            "starts_at": START.isoformat(),
            "ends_at": (START + LENGTH).isoformat(),
            "deadline": (START - timedelta(hours=3)).isoformat(),
        }
    return payload
