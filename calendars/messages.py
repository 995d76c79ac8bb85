"""Staff are told when another calendar wants a time that is booked here."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from calendars.models import ExternalCalendar
from notifications.kinds import MessageKind, MessagePayload, Topic, Values, Words, kinds, topics
from notifications.models import Message
from notifications.services.writing import messages_to_staff, write_messages
from notifications.texts import DETAILS, HELLO
from notifications.wording import Wording
from resources.models import Resource
from scheduling.spans import Span
from scheduling.zones import from_minute, to_minute

if TYPE_CHECKING:
    from resources.models import Venue

CONFLICT, SUBJECT = "staff_calendar_conflict", "external_calendar"
MOST_TIMES = 20


def conflicts_path(calendar: ExternalCalendar) -> str:
    return f"{reverse('admin:calendars_externalevent_changelist')}?conflict=yes"


class ExternalCalendarTopic(Topic):
    labels = (
        ("resource", pgettext_lazy("message", "What")),
        ("calendar", pgettext_lazy("message", "Calendar")),
        ("times", pgettext_lazy("message", "When")),
    )
    links = {"admin_url": conflicts_path}
    long = frozenset({"times"})

    def load(self, subject_id: str) -> ExternalCalendar | None:
        return ExternalCalendar.objects.select_related("resource").filter(pk=subject_id).first()

    def values(self, message: Message, subject: ExternalCalendar, wording: Wording) -> Values:
        return {
            "resource": subject.resource.name,
            "calendar": subject.name,
            "times": _list_times(message.payload["times"], wording),
        }

    def admin_path(self, subject_id: str) -> str:
        return reverse("admin:calendars_externalcalendar_change", args=[subject_id])

    def sample(self, kind: str, venue: "Venue") -> tuple[ExternalCalendar, MessagePayload]:
        resource = Resource(venue=venue, name="Green room")
        start = to_minute(datetime.fromisoformat("2030-06-14T15:00Z"))
        return ExternalCalendar(venue=venue, resource=resource, name="Club"), {"times": [[start, start + 90]]}


def _list_times(spans: Sequence[Sequence[int]], wording: Wording) -> str:
    shown = [wording.span(from_minute(start), from_minute(end)) for start, end in spans[:MOST_TIMES]]
    if (more := len(spans) - MOST_TIMES) > 0:
        shown.append(ngettext("and %d more", "and %d more", more) % more)
    return "\n".join(shown)


def register() -> None:
    topics.register(SUBJECT, ExternalCalendarTopic())
    words = Words(
        _("Calendar conflict: {{ resource }}, {{ calendar }}"),
        (
            HELLO,
            _(
                "An external calendar has events at times that are booked at {{ venue }}. The bookings "
                "stay as they are."
            ),
            DETAILS,
            _("View conflicts: {{ admin_url }}"),
        ),
    )
    kind = MessageKind(
        label=_("Staff: conflict with an external calendar"),
        topic=SUBJECT,
        words=words,
        placeholders=frozenset({"calendar", "times", "admin_url"}),
        is_for_staff=True,
    )
    kinds.register(CONFLICT, kind)


def tell_of_conflicts(calendar: ExternalCalendar, spans: Sequence[Span]) -> None:
    """Once for each set of times, however often it is looked at."""
    if spans:
        identity = ",".join(f"{start}-{end}" for start, end in spans)
        key = f"{calendar.pk}:{hashlib.sha256(identity.encode()).hexdigest()[:32]}"
        write_messages(messages_to_staff(CONFLICT, key, calendar, {"times": [list(span) for span in spans]}))
