"""Roles at a venue are asked for in one place, so that what rests or ends there does so at every door."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
OWNER = "resources"
READS = re.compile(
    r"\bVenueMembership\b|\bmemberships__|\.memberships\b|\bvenue\.members\b|\bmembers__|\buser\.venues\b"
)
TOLD = {
    "accounts/admin_scope.py": "whom a form offers as people of the team",
    "common/second_factor.py": "whether there is a role that could rest",
    "demo/building.py": "founds the team of the demo",
    "lending/reservia/people.py": "which people managers are shown, and who of them works somewhere",
    "reservations/news/webhooks.py": "whom an event names as the venue's people",
}
"""Files that list a team, not to allow anything: why."""


def test_no_room_above_reads_memberships_itself() -> None:
    rooms = {path.parent for path in ROOT.glob("*/apps.py")} | {ROOT / "config", ROOT / "templates"}
    readers = {
        path.relative_to(ROOT).as_posix()
        for room in rooms - {ROOT / OWNER, ROOT / "tests"}
        for path in [*room.rglob("*.py"), *room.rglob("*.html")]
        if not {"tests", "migrations"} & {*path.parts} and READS.search(path.read_text())
    }
    assert readers == {*TOLD}


@pytest.mark.parametrize(
    "line",
    [
        "from resources.models import VenueMembership",
        "from resources.models import (\n    Venue,\n    VenueMembership,\n)",
        'apps.get_model("resources", "VenueMembership")',
        "user.memberships.filter(venue=venue)",
        "Venue.objects.filter(memberships__user=user)",
        "Venue.objects.filter(members__in=[user])",
        "user in venue.members.all()",
        "user.venues.exists()",
    ],
)
def test_each_way_of_reading_them_is_found(line: str) -> None:
    assert READS.search(line)
