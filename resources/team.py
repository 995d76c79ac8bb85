"""A venue's people, cached beside its configuration: their roles, and who hears of bookings."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from django.db.models import OuterRef, QuerySet

from common.venues import Recipient, Role, VenuePart
from resources.models import Venue, VenueMembership

NOTIFIED_ROLES = (Role.MANAGER, Role.STAFF)
# Fields of accounts that Team shows.
SHOWN_OF_PEOPLE = frozenset({"email", "first_name", "last_name", "is_active"})


class Team(NamedTuple):
    roles: Mapping[UUID, str]
    recipients: tuple[Recipient, ...]
    """Managers and staff who want notices; if there are none, the venue."""


def read_team(alias: str, venue_id: int) -> Team:
    rows = VenueMembership.objects.using(alias).filter(venue_id=venue_id).select_related("user")
    members = list(rows.order_by("pk"))
    recipients = tuple(
        Recipient(member.user.email, member.user.get_full_name(), member.user_id)
        for member in members
        if member.wants_notices and member.role in NOTIFIED_ROLES and member.user.is_active
    )
    roles = {member.user_id: member.role for member in members}
    return Team(roles, recipients or _venue_itself(alias, venue_id))


def team_rows(venue: int | OuterRef | None, user: UUID | OuterRef | None) -> QuerySet[VenueMembership]:
    """To list or tell who is still on the team, whatever rests: never to allow anything."""
    return VenueMembership.objects.filter(venue=venue, user=user)


def _venue_itself(alias: str, venue_id: int) -> tuple[Recipient, ...]:
    venue = Venue.objects.using(alias).only("email", "name").get(pk=venue_id)
    return (Recipient(venue.email, venue.name, None),) if venue.email else ()


TEAM: VenuePart[Team] = VenuePart("team", read_team)
