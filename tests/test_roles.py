"""Roles at a venue are asked for in one place, so that what rests or ends there does so at every door."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ROOMS = (
    *("common", "search", "reservations", "payments", "waitlist", "calendars", "storefront", "frontdesk"),
    *("notifications", "webhooks", "live", "accounts"),
)
READS = re.compile(r"import .*VenueMembership|memberships__role")
TOLD = {"reservations/news/webhooks.py": "whom an event names as the venue's people"}
"""Files that list a team, not to allow anything: why."""


def test_no_room_above_reads_memberships_itself() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "tests" not in path.parts
        and re.search(r"import .*VenueMembership|memberships__role", path.read_text())
    }
    assert readers == set(TOLD)
