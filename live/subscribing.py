"""A request's filters become a frozen subscription, or an error."""

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotAuthenticated

from common.parsing import parse_flag, refuse
from common.venues import directory
from live.kinds import Subscription, kinds

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

MOST_NAMES = 50


def subscription_for(query: QueryDict, user: "Viewer") -> Subscription:
    """Raises ``NotFound``, ``InvalidInput`` and DRF's ``NotAuthenticated``."""
    venues = [directory().visible_venue(name, user).pk for name in _read_names(query, "venue")]
    names = _read_names(query, "resource")
    resources = directory().visible_resources(names, user, "resource") if "resource" in query else []
    mine = parse_flag(query.get("mine", "0"), "mine")
    leads = parse_flag(query.get("leads", "0"), "leads")
    if (mine or leads) and not user.pk:
        raise NotAuthenticated
    filters = {name: kind.parse_filter(query, user, mine=mine) for name, kind in kinds.items()}
    if not (venues or resources or mine or leads or any(filters.values())):
        _refuse_empty_filters()
    return Subscription(
        venues=frozenset(venues),
        staffed=directory().manages_bookings(user, venues),
        resources=frozenset(resource.id for resource in resources),
        resource_venues=frozenset(resource.venue_id for resource in resources),
        customer=user.pk if mine else None,
        leader=user.pk if leads else None,
        led_venues=_find_venues(user) if leads else frozenset(),
        filters=filters,
    )


def _find_venues(user: "Viewer") -> frozenset[int]:
    return frozenset(directory().staffed_by(user).order_by().values_list("pk", flat=True))


BESIDE_TICKET = {"ticket", "last_event_id", "since"}


def refuse_filters_beside_ticket(query: QueryDict) -> None:
    """Raises ``InvalidInput``."""
    for name in query.keys() - BESIDE_TICKET:
        refuse(name, _("Choose what to listen to when you get the ticket, not when you use it."))


def _refuse_empty_filters() -> None:
    *names, last = [
        "venue",
        "resource",
        "mine",
        "leads",
        *(name for kind in kinds for name in kind.parameters),
    ]
    placeholders = {"names": ", ".join(names), "last": last}
    refuse("venue", _("Enter what to listen to: %(names)s or %(last)s.") % placeholders)


def _read_names(query: QueryDict, field: str) -> list[str]:
    names = [name for name in query.getlist(field) if name]
    if len(names) > MOST_NAMES or any(len(name) > 100 for name in names):
        refuse(field, _("Enter %(most)d or fewer.") % {"most": MOST_NAMES})
    return names


def parse_seconds(text: str) -> datetime | None:
    """An instant from whole seconds since 1970; None for anything else."""
    with contextlib.suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(int(text[:12]), tz=UTC)
    return None
