"""From a client's fields to what services are told of sessions. All raise ``InvalidInput``."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from classes.api.finding import find_facilitator, find_studio, read_place
from classes.drafts import SessionDraft, TierDraft
from classes.enums import PlaceKind, SessionType, TierPays
from classes.models import ClassType, Facilitator, Session
from classes.permissions import manages_classes
from classes.policies.plans import Term
from classes.services import PriceEdit, SeriesEdit, SessionChanges
from common.clock import now
from common.errors import Forbidden
from common.parsing import parse_date, parse_instant, refuse
from reservations.api.inputs import Viewer
from resources.lookups import find_row
from resources.models import CancellationPolicy, Venue

PLAIN = ("title", "description", "capacity", "online_capacity", "price")
NOT_IN_SERIES = frozenset({"online_capacity", "is_published", "session_type"})


def read_draft(data: Mapping[str, Any], facilitator: Facilitator) -> SessionDraft:
    venue = facilitator.venue
    given = {name: data[name] for name in PLAIN if name in data}
    class_type = None
    if "class_type" in data:
        class_type = find_row(ClassType, venue, data["class_type"], "class_type")
        given = _usual(class_type) | given
    start = parse_instant(data["start_time"], "start_time", zone=venue.zone_name)
    end = _read_end(data, venue, start, class_type)
    return SessionDraft(
        facilitator=facilitator,
        starts_at=start,
        ends_at=end,
        class_type=class_type,
        policy=find_row(CancellationPolicy, venue, data["policy"], "policy") if "policy" in data else None,
        session_type=SessionType(data.get("session_type", SessionType.SESSION)),
        is_published=data.get("is_published", True),
        tiers=[_read_tier(tier) for tier in data.get("tiers", ())],
        plan=[_read_term(term) for term in data.get("plan", ())],
        **given,
        **(read_place(venue, data["place"]) if "place" in data else {}),
    )


def _usual(class_type: ClassType) -> dict[str, Any]:
    names = ("title", "description", "capacity", "price")
    return {name: getattr(class_type, name) for name in names}


def _read_end(data: Mapping[str, Any], venue: Venue, start: datetime, type: ClassType | None) -> datetime:
    if "end_time" not in data and type is not None:
        return start + timedelta(minutes=type.duration)
    return parse_instant(data["end_time"], "end_time", zone=venue.zone_name)


def _read_tier(tier: Mapping[str, Any]) -> TierDraft:
    return TierDraft(
        tier["name"],
        tier["price"],
        tier.get("quota"),
        tier.get("deposit", Decimal(0)),
        TierPays(tier.get("pays", TierPays.FULL)),
        tier.get("is_on_sale", True),
    )


def _read_term(term: Mapping[str, Any]) -> Term:
    due_on = parse_date(term["due_on"], "plan") if "due_on" in term else None
    return Term(term["percent"], due_on, term.get("days_before"))


def read_prices(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is to become of the prices and the plan; they are changed by themselves."""
    read: dict[str, Any] = {}
    if "tiers" in data:
        read["tiers"] = [PriceEdit(_read_tier(tier), tier.get("id")) for tier in data["tiers"]]
    if "plan" in data:
        read["plan"] = [_read_term(term) for term in data["plan"]]
    if read and (others := sorted(data.keys() - read.keys() - {"version"})):
        refuse(others[0], _("Change prices and the plan by themselves."))
    return read


def read_changes(data: Mapping[str, Any], session: Session, user: Viewer) -> SessionChanges:
    venue = session.venue
    changes: dict[str, Any] = {name: data[name] for name in PLAIN if name in data}
    for field, name in (("start_time", "starts_at"), ("end_time", "ends_at")):
        if field in data:
            changes[name] = parse_instant(data[field], field, zone=venue.zone_name)
    if data.get("session_type", session.session_type) != session.session_type:
        refuse("session_type", _("This can't be changed. Put up another session."))
    if "place" in data:
        changes["place"] = _read_new_place(venue, data["place"], session)
    if "facilitator_id" in data:
        changes["facilitator"] = _read_leader(data["facilitator_id"], session, user)
    if "is_published" in data:
        changes["published_at"] = (session.published_at or now()) if data["is_published"] else None
    return changes  # type: ignore[return-value]


def _read_new_place(venue: Venue, name: str, session: Session) -> Any:
    """A lane stays where it is; another kind of place has to be one that has a name."""
    if name in (PlaceKind.ONLINE, PlaceKind.OFF_SITE) and session.place.kind == name:
        return session.place
    return find_studio(venue, name.strip())


def _read_leader(id: int, session: Session, user: Viewer) -> Facilitator:
    """Raises ``Forbidden`` for all but managers and staff."""
    if id == session.facilitator_id:
        return session.facilitator
    if not manages_classes(user, session.venue_id):
        raise Forbidden
    return find_facilitator(user, id)


def read_edit(data: Mapping[str, Any], changes: SessionChanges, session: Session) -> SeriesEdit:
    """The same for many dates: by how many days, at which local time, how long."""
    if other := sorted(NOT_IN_SERIES & data.keys()):
        refuse(other[0], _("Change this for one session at a time."))
    start, end = changes.get("starts_at", session.starts_at), changes.get("ends_at", session.ends_at)
    local, before = start.astimezone(session.venue.zone), session.local_start
    moved, is_later = "starts_at" in changes or "ends_at" in changes, start != session.starts_at
    names = ("facilitator", "place", "capacity", "title", "description", "price")
    return SeriesEdit(
        at=local.time().replace(tzinfo=None) if is_later else None,
        days=(local.date() - before.date()).days if is_later else 0,
        minutes=round((end - start).total_seconds() / 60) if moved else None,
        **{name: changes[name] for name in names if name in changes},  # type: ignore[literal-required]
    )
