"""Two at once: an invitation is accepted once, or withdrawn, and one address is invited once."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from common.errors import InvalidInput
from notifications.models import Message
from resources.enums import Role
from resources.models import TeamInvitation, VenueMembership
from resources.services.team import (
    InvitationOver,
    accept_invitation,
    invite_to_team,
    resend_invitation,
    revoke_invitation,
)
from resources.team_links import token_for
from resources.tests.test_invitations import ADDRESS, proven
from tests.factories import make_member, make_venue
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def side_by_side(*acts: Callable[[], Any]) -> list[Any]:
    return race(len(acts), lambda number: acts[number]())


def test_two_at_once_settle_an_invitation_once() -> None:
    venue = make_venue()
    boss, other = (make_member(venue, Role.MANAGER) for _ in range(2))
    for round_number in range(ROUNDS):
        address = f"n{round_number}@example.com"

        invite = partial(invite_to_team, venue=venue, email=address, role=Role.STAFF)
        outcomes = side_by_side(partial(invite, by=boss), partial(invite, by=other))
        (invitation,) = [made for made in outcomes if isinstance(made, TeamInvitation)]
        assert [type(refused) for refused in outcomes if refused is not invitation] == [InvalidInput]
        user, token = proven(address), token_for(invitation)

        accept = partial(accept_invitation, invitation_id=invitation.pk, token=token, user=user)
        outcomes = side_by_side(accept, accept)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InvitationOver", "VenueMembership"]
        assert VenueMembership.objects.filter(venue=venue, user=user).count() == 1
    assert Message.objects.filter(kind="team_invitation").count() == ROUNDS


@pytest.mark.parametrize("rival", [revoke_invitation, resend_invitation])
def test_what_was_withdrawn_or_sent_again_meanwhile_lets_nobody_in(rival: Callable[..., object]) -> None:
    venue = make_venue()
    boss = make_member(venue, Role.MANAGER)
    for round_number in range(ROUNDS):
        user = proven(f"{round_number}{ADDRESS}")
        invitation = invite_to_team(venue=venue, email=user.email, role=Role.STAFF, by=boss)
        accepted, ended = side_by_side(
            partial(accept_invitation, invitation_id=invitation.pk, token=token_for(invitation), user=user),
            partial(rival, invitation_id=invitation.pk, by=boss),
        )
        invitation.refresh_from_db()
        is_member = VenueMembership.objects.filter(venue=venue, user=user).exists()
        assert is_member == isinstance(accepted, VenueMembership) == (invitation.accepted_at is not None)
        assert isinstance(ended, InvitationOver) == is_member, "one of both, never both"
