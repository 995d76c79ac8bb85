"""The whole table."""

from tests.permissions.bookings import BOOKINGS
from tests.permissions.calendars import CALENDARS
from tests.permissions.classes import CLASSES
from tests.permissions.configuration import CONFIGURATION
from tests.permissions.lending import LENDING
from tests.permissions.news import NEWS
from tests.permissions.others import OTHERS
from tests.permissions.rows import Row

TABLE: list[Row] = [*CONFIGURATION, *BOOKINGS, *CALENDARS, *NEWS, *LENDING, *CLASSES, *OTHERS]
READING = [row for row in TABLE if row.method == "GET" and row.route != "schema"]
CHANGING = [row for row in TABLE if row not in READING]
ALONE = [row for row in CHANGING if row.name in ("DELETE resources/<uuid:id>", "DELETE auth/user")]
"""Answered like this where nothing else has been made: what is in use stays."""
