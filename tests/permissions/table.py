"""The whole table."""

from tests.permissions.bookings import BOOKINGS
from tests.permissions.calendars import CALENDARS
from tests.permissions.configuration import CONFIGURATION
from tests.permissions.news import NEWS
from tests.permissions.others import OTHERS
from tests.permissions.rows import Row

TABLE: list[Row] = [*CONFIGURATION, *BOOKINGS, *CALENDARS, *NEWS, *OTHERS]
