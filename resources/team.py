"""A venue's people, kept beside its cached configuration: their roles, and who is told of bookings."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from common.venues import Recipient, Role, VenuePart
from resources.models import Venue, VenueMembership

TOLD = (Role.MANAGER, Role.STAFF)
SHOWN_OF_PEOPLE = frozenset({"email", "first_name", "last_name", "is_active"})
"""Fields of accounts that ``Team`` shows."""


class Team(NamedTuple):
    roles: Mapping[UUID, str]
    told: tuple[Recipient, ...]
    """Managers and staff who want notices; if there are none, the venue."""


def read_team(alias: str, venue_id: int) -> Team:
    rows = VenueMembership.objects.using(alias).filter(venue_id=venue_id).select_related("user")
    members = list(rows.order_by("pk"))
    told = tuple(
        Recipient(each.user.email, each.user.get_full_name(), each.user_id)
        for each in members
        if each.wants_notices and each.role in TOLD and each.user.is_active
    )
    roles = {each.user_id: each.role for each in members}
    return Team(roles, told or _venue_itself(alias, venue_id))


def _venue_itself(alias: str, venue_id: int) -> tuple[Recipient, ...]:
    venue = Venue.objects.using(alias).only("email", "name").get(pk=venue_id)
    return (Recipient(venue.email, venue.name, None),) if venue.email else ()


TEAM: VenuePart[Team] = VenuePart("team", read_team)
