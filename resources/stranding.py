"""What a change of a resource leaves without a place; apps above register what they keep."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from common.registry import Registry
from resources.models import AvailabilityOverride, OpeningHours, Resource

Lister = Callable[[int, Sequence[int]], list[dict[str, Any]]]
stranded_listers: Registry[Lister] = Registry("listers of what is stranded")
"""Each lists, after a venue or some of its resources were changed, what no longer fits, as JSON objects."""


def list_stranded(resource: Resource) -> list[dict[str, Any]]:
    return list_stranded_at(resource.venue_id, [resource.pk])


def list_stranded_at(venue_id: int, resource_ids: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Without ``resource_ids`` of the whole venue."""
    return [stranded for list_for in stranded_listers for stranded in list_for(venue_id, resource_ids)]


def list_stranded_by(row: OpeningHours | AvailabilityOverride) -> list[dict[str, Any]]:
    """What hours or a closure leave without a place."""
    return list_stranded_at(row.venue_id, [row.resource_id] if row.resource_id else [])


def fingerprint(bookings: Iterable[str]) -> str:
    """The same for the same texts: an answer holds for the bookings that were shown, and for no others."""
    return sha256("\n".join(sorted(bookings)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """``problems`` are sentences about bookings for which it could not be done."""

    done: int = 0
    problems: tuple[str, ...] = ()


Settler = Callable[[Sequence[str], str, Any, str], Outcome]
stranded_settlers: Registry[Settler] = Registry("settlers of what is stranded")
"""Each moves or cancels what it has listed: ids, the choice, who chose, and the reason for customers."""


def settle_stranded(ids: Sequence[str], choice: str, user: Any, reason: str) -> Outcome:
    """``choice`` is ``move`` or ``cancel``; anything else keeps them."""
    outcomes = [settle(ids, choice, user, reason) for settle in stranded_settlers]
    problems = tuple(problem for outcome in outcomes for problem in outcome.problems)
    return Outcome(sum(outcome.done for outcome in outcomes), problems)
