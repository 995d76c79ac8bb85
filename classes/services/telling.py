"""Open lines: when a seat comes free everyone who waits for it hears so, and the first who books has it."""

from collections.abc import Sequence

from classes.configuration import rules_at
from classes.enums import PRODUCT, WaitlistMode
from classes.models import Session
from classes.signals import SessionChange, SessionNews, tell_sessions
from classes.waiting import list_entries
from reservations.domain.values import SYSTEM
from resources.catalog import catalog
from scheduling.zones import from_minute


def tell_of_freed_seats(venue_id: int, spans: Sequence[tuple[int, int, int]]) -> None:
    """``spans``: leaf and UTC minutes of what came free. Most venues have no such class: no query then."""
    open_types = [
        type_id for type_id, rules in rules_at(venue_id).items() if rules.waitlist_mode == WaitlistMode.OPEN
    ]
    pools = _list_pools(venue_id, spans) if open_types else {}
    for pool, (start, end) in pools.items():
        rows = Session.objects.active().filter(place__seats=pool, class_type__in=open_types)
        rows = rows.overlapping(from_minute(start), from_minute(end))
        for session in rows.select_related("venue", "place", "facilitator").order_by("pk"):
            _tell(session)


def _list_pools(venue_id: int, spans: Sequence[tuple[int, int, int]]) -> dict[int, tuple[int, int]]:
    bookables = catalog(venue_id).bookables
    return {
        leaf: (start, end)
        for leaf, start, end in spans
        if leaf in bookables and bookables[leaf].extension == PRODUCT
    }


def _tell(session: Session) -> None:
    entries = list_entries([session])
    if entries:
        tell_sessions([SessionChange(session, SessionNews.SEATS_OPENED, SYSTEM, {"entries": entries})])
