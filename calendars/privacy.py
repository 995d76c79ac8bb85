from typing import Any

from django.utils.translation import gettext as _

from accounts import privacy
from accounts.privacy import Person, Traces
from calendars.models import CalendarFeed

COLUMNS = ("kind", "resource__name", "venue__name", "created_at", "revoked_at", "last_used_at")


class FeedsPart(privacy.Part):
    sections = {"calendar_feeds": ""}
    covers = ("calendars.CalendarFeed.owner",)

    def read(self, person: Person) -> dict[str, Any]:
        feeds = CalendarFeed.objects.filter(owner=person.user)
        return {"calendar_feeds": list(feeds.values(*COLUMNS))}

    def losses(self, person: Person) -> list[str]:
        if CalendarFeed.objects.filter(owner=person.user, revoked_at=None).exists():
            return [_("Your calendar links stop working.")]
        return []

    def erase(self, person: Person, traces: Traces) -> None:
        CalendarFeed.objects.filter(owner=person.user).delete()
