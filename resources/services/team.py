"""A venue's people: inviting them, and joining."""

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.addresses import normal_email
from common.clock import now
from common.errors import Conflict, Forbidden, NotFound
from common.parsing import refuse
from common.transactions import lock_name, retried_atomic
from notifications.models import Message
from resources.enums import Role
from resources.invitations import is_proven_for, why_not_to_accept
from resources.models import TeamInvitation, Venue, VenueMembership
from resources.models.team import next_expiry
from resources.permissions import RANKS, grantable_roles
from resources.services.configuring import save_valid
from resources.team_links import is_valid
from resources.team_messages import INVITED, tell_invited

MOST_A_DAY = 50
"""Invitations of one venue."""
MOST_MAILS_A_DAY = 5
"""From one venue to one address, however often it is invited: no letter box is to be filled through us."""


class InvitationOver(Conflict):
    code = "invitation_over"
    message = _("This invitation is no longer valid. Ask for a new one.")


class NotYours(Forbidden):
    message = _("Sign in with the invited email address, and confirm that it's yours.")


@retried_atomic
def invite_to_team(*, venue: Venue, email: str, role: str, by: User) -> TeamInvitation:
    """Offer a role to whoever proves this address, by mail. Raises ``Forbidden`` and ``InvalidInput``."""
    _require_grant(by, venue.pk, role)
    lock_name(f"team:{venue.pk}")
    address = normal_email(email)
    _refuse_known_address(venue, address)
    _refuse_flood(venue.pk, address)
    invitation = TeamInvitation(venue=venue, email=address, role=role, invited_by=by)
    save_valid(invitation)
    tell_invited(invitation)
    return invitation


@retried_atomic
def resend_invitation(*, invitation_id: UUID, by: User) -> TeamInvitation:
    """A new link with its full time, in the name of ``by``; the links before it end.

    Raises ``Forbidden``, ``InvalidInput``, ``InvitationOver`` and ``NotFound``.
    """
    invitation = _lock_unsettled(invitation_id)
    _require_grant(by, invitation.venue_id, invitation.role)
    _refuse_flood(invitation.venue_id, invitation.email)
    invitation.link_version += 1
    invitation.invited_by, invitation.expires_at = by, next_expiry()
    invitation.save(update_fields=["link_version", "invited_by", "expires_at"])
    tell_invited(invitation)
    return invitation


@retried_atomic
def revoke_invitation(*, invitation_id: UUID, by: User) -> TeamInvitation:
    """Raises ``Forbidden``, ``InvitationOver`` and ``NotFound``."""
    invitation = _lock_unsettled(invitation_id)
    _require_grant(by, invitation.venue_id, invitation.role)
    invitation.revoked_at = now()
    invitation.save(update_fields=["revoked_at"])
    return invitation


@retried_atomic
def accept_invitation(*, invitation_id: UUID, token: str, user: User) -> VenueMembership:
    """The role, for the account that has proved the invited address; a higher one that it has stays.

    Raises ``InvitationOver``, ``NotFound`` and ``NotYours``.
    """
    invitation = _lock(invitation_id)
    if not is_valid(invitation, token):
        raise NotFound
    if reason := why_not_to_accept(invitation):
        raise InvitationOver(reason)
    if not is_proven_for(invitation, user):
        raise NotYours
    invitation.accepted_at, invitation.accepted_by = now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    return give_role(invitation.venue_id, user, invitation.role)


def give_role(venue_id: int, user: User, role: str) -> VenueMembership:
    """A higher one that they have stays. The caller knows that they may have it."""
    membership, is_new = VenueMembership.objects.get_or_create(
        venue_id=venue_id, user=user, defaults={"role": role}
    )
    if not is_new and RANKS[Role(membership.role)] < RANKS[Role(role)]:
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


def _require_grant(by: User, venue_id: int, role: str) -> None:
    if role not in grantable_roles(by, venue_id):
        raise Forbidden


def _refuse_known_address(venue: Venue, address: str) -> None:
    if VenueMembership.objects.filter(venue=venue, user__email=address).exists():
        refuse("email", _("Someone with this address is already on the team."))
    earlier = TeamInvitation.objects.filter(venue=venue, email=address).unsettled()
    # What has expired makes room for a new one.
    earlier.filter(expires_at__lte=now()).update(revoked_at=now())
    if earlier.exists():
        refuse(
            "email", _("This address has already been invited. Send the invitation again, or withdraw it.")
        )
    recent = TeamInvitation.objects.filter(venue=venue, created_at__gt=now() - timedelta(days=1))
    if recent.count() >= MOST_A_DAY:
        refuse("email", _("That's too many invitations for one day. Try again tomorrow."))


def _refuse_flood(venue_id: int, address: str) -> None:
    mails = Message.objects.filter(venue=venue_id, kind=INVITED, recipient=address)
    if mails.filter(created_at__gt=now() - timedelta(days=1)).count() >= MOST_MAILS_A_DAY:
        refuse("email", _("We've emailed this address often enough for one day. Try again tomorrow."))


def _lock_unsettled(invitation_id: UUID) -> TeamInvitation:
    invitation = _lock(invitation_id)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationOver(why_not_to_accept(invitation))
    return invitation


def _lock(invitation_id: UUID) -> TeamInvitation:
    invitations = TeamInvitation.objects.select_for_update(of=("self",), no_key=True)
    invitation = invitations.select_related("venue", "invited_by").filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound
    return invitation
