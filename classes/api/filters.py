"""What lists of sessions are narrowed down by."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from classes.enums import SessionType
from classes.querysets import SessionQuerySet
from common.clock import now
from common.errors import InvalidInput
from common.parsing import parse_date, parse_instant, parse_int, refuse, resolve_local_time
from common.schema import NUMBERED_PAGES, query
from reservations.api.replies import LARGEST_ID
from resources.lookups import by_id_or_slug

WEEK = re.compile(r"20[0-9]{2}-W[0-9]{2}")
MOST = 500
"""Rows of a list without pages."""
PERIOD = [
    query("from", "Sessions that begin on this day or at this instant, or later."),
    query("to", "Sessions that begin before this instant, or on this day at the latest."),
]
VENUE = query("venue", "Id or slug of a venue.")
FILTERS = [
    *PERIOD,
    query("facilitator", "Id of who leads them.", type={"type": "integer", "minimum": 1}),
    query("session_type", "One of the two.", enum=SessionType.values),
    VENUE,
]
PAGES = NUMBERED_PAGES
PAGED = f"At most {MOST}; with `page`, all of them in pages."


def read_period(asked: Mapping[str, str], zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """``from`` and ``to``; a day is one of ``zone``. Raises ``InvalidInput``."""
    start = _read_bound(asked, "from", zone, 0)
    end = _read_bound(asked, "to", zone, 1)
    if start and end and end <= start:
        refuse("to", _("Enter a date after the start."))
    return start, end


def _read_bound(asked: Mapping[str, str], name: str, zone: ZoneInfo, days: int) -> datetime | None:
    text = asked.get(name)
    if not text:
        return None
    if "T" in text:
        return parse_instant(text, name, zone=zone.key)
    day = parse_date(text, name) + timedelta(days=days)
    try:
        return resolve_local_time(day, time(0), zone.key)
    except InvalidInput:  # clocks that are changed at midnight
        return datetime.combine(day, time(0), zone)


def narrow(rows: SessionQuerySet, asked: Mapping[str, str], zone: ZoneInfo) -> SessionQuerySet:
    """Raises ``InvalidInput``."""
    start, end = read_period(asked, zone)
    if start:
        rows = rows.filter(starts_at__gte=start)
    if end:
        rows = rows.filter(starts_at__lt=end)
    if asked.get("facilitator"):
        id = parse_int(asked["facilitator"], "facilitator", least=1, most=LARGEST_ID)
        rows = rows.filter(facilitator=id)
    if kind := asked.get("session_type"):
        if kind not in SessionType.values:
            refuse("session_type", _("Choose from: %(known)s.") % {"known": ", ".join(SessionType.values)})
        rows = rows.filter(session_type=kind)
    if asked.get("venue"):
        rows = rows.filter(by_id_or_slug(asked["venue"][:100].replace("\x00", ""), "venue__"))
    return rows


def monday_of(text: str, zone: ZoneInfo) -> datetime:
    """The beginning of a week, by a day in it or by its number, ``2027-W05``. Raises ``InvalidInput``."""
    day = now().astimezone(zone).date() if not text else _parse_week(text)
    return datetime.combine(day - timedelta(days=day.weekday()), time(0), zone)


def _parse_week(text: str) -> date:
    if not WEEK.fullmatch(text):
        return parse_date(text, "week")
    try:
        return date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
    except ValueError:
        refuse("week", _("Enter a week like 2027-W05, or a date in it."))
