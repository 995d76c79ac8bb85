"""What stands in the way of a session, by name: of whichever other session its reader may know."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from classes.models import Facilitator, Session, Studio
from classes.permissions import manages_classes
from classes.selectors import sessions_in_detail
from classes.words import describe_clash, name_place
from common.clock import epoch_seconds
from common.clock import now as clock_now
from common.errors import DomainError
from reservations.availability import rows_touching
from reservations.domain.values import Actor
from reservations.policies import CONFLICTS, Violation
from scheduling.zones import to_minute


class Asked(NamedTuple):
    """What somebody wants to put up, or to move."""

    facilitator: Facilitator
    place: Studio
    start: datetime
    end: datetime


def name_clashes(asked: Sequence[Asked], actor: Actor, leave_out: Collection[int] = ()) -> list[str]:
    """A sentence for each, empty where nothing is in the way any more; two queries.

    Managers and staff read of every session, facilitators of their own and those on the timetable; of all
    else they read who or what is taken. ``leave_out``: sessions that move themselves.
    """
    if not asked:
        return []
    look = _look(asked, actor, leave_out)
    return [look.describe(number, each) for number, each in enumerate(asked)]


def name_obstacles(
    sessions: Sequence[Session], found: Sequence[Violation | None], actor: Actor
) -> list[str | Promise]:
    """Of sessions that are to be put up, what ``found`` says of each; empty for those that can be."""
    taken = [number for number, each in enumerate(found) if each and each.reason in CONFLICTS]
    asked = [sessions[number] for number in taken]
    named = name_clashes(
        [Asked(each.facilitator, each.place, each.starts_at, each.ends_at) for each in asked], actor
    )
    sentences = dict(zip(taken, named, strict=True))
    return [
        sentences.get(number) or (obstacle.message if obstacle else "")
        for number, obstacle in enumerate(found)
    ]


def name_refused(
    problem: DomainError, asked: Sequence[Asked], actor: Actor, leave_out: Collection[int] = ()
) -> None:
    """Of each time in ``extra["refused"]`` that something else has."""
    by_start = {each.start: each for each in asked}
    named: list[tuple[dict[str, Any], Asked]] = []
    for row in problem.extra.get("refused", ()):
        start = datetime.fromisoformat(row["start"]) if "start" in row else None
        if row["reason"] in CONFLICTS and start in by_start:
            named.append((row, by_start[start]))
    sentences = name_clashes([each for _row, each in named], actor, leave_out)
    for (row, _each), sentence in zip(named, sentences, strict=True):
        row["message"] = sentence or row["message"]


@dataclass(frozen=True, slots=True)
class _Look:
    actor: Actor
    sees_all: bool
    sessions: Sequence[Session]
    busy: Mapping[int, Any]

    def describe(self, number: int, asked: Asked) -> str:
        for session in self.sessions:
            overlaps = session.starts_at < asked.end and asked.start < session.ends_at
            is_same = session.facilitator_id == asked.facilitator.pk or session.place_id == asked.place.pk
            if overlaps and is_same and self._knows(session):
                return describe_clash(session, {"facilitator": str(asked.facilitator.pk)})
        if self.busy.get(2 * number):
            return _("%(teacher)s has something else then.") % {"teacher": asked.facilitator.name}
        if self.busy.get(2 * number + 1):
            return _("%(studio)s is taken then.") % {"studio": name_place(asked.place)}
        return ""

    def _knows(self, session: Session) -> bool:
        user = self.actor.user
        is_theirs = user is not None and session.facilitator.user_id == user.pk
        return self.sees_all or is_theirs or session.published_at is not None


def _look(asked: Sequence[Asked], actor: Actor, leave_out: Collection[int]) -> _Look:
    first = asked[0]
    start, end = min(each.start for each in asked), max(each.end for each in asked)
    same = Q(facilitator__in={each.facilitator.pk for each in asked})
    same |= Q(place__in={each.place.pk for each in asked})
    rows = sessions_in_detail().active().filter(same, venue=first.facilitator.venue_id)
    rows = rows.overlapping(start, end).exclude(pk__in=leave_out).order_by("starts_at", "pk")
    windows = [
        (resource_id or 0, to_minute(each.start), to_minute(each.end))
        for each in asked
        for resource_id in (each.facilitator.resource_id, each.place.room_id)
    ]
    busy = rows_touching(windows, now_seconds=epoch_seconds(clock_now()))
    sees_all = actor.user is None or manages_classes(actor.user, first.facilitator.venue_id)
    return _Look(actor, sees_all, list(rows), busy)
