"""Which invitations to a venue's team can be accepted, and by whom."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.verifying import is_verified
from common.addresses import normal_email
from common.clock import now
from common.errors import NotFound
from resources.models import TeamInvitation
from resources.permissions import grantable_roles
from resources.team_links import is_valid


def find_invitation(invitation_id: UUID, token: str) -> TeamInvitation:
    """Raises ``NotFound``, also for a link that a later one has replaced."""
    invitations = TeamInvitation.objects.select_related("venue", "invited_by")
    invitation = invitations.filter(pk=invitation_id).first()
    if invitation is None or not is_valid(invitation, token):
        raise NotFound
    return invitation


def why_not_to_accept(invitation: TeamInvitation) -> str:
    """A sentence, or nothing."""
    if invitation.accepted_at:
        return _("This invitation has been accepted already.")
    if invitation.revoked_at:
        return _("This invitation has been withdrawn.")
    if invitation.expires_at <= now():
        return _("This invitation has expired. Ask for a new one.")
    # Whoever may not give the role any more has not given it.
    inviter = invitation.invited_by
    if inviter is None or invitation.role not in grantable_roles(inviter, invitation.venue_id):
        return _("This invitation is no longer valid. Ask for a new one.")
    return ""


def is_meant_for(invitation: TeamInvitation, user: User) -> bool:
    """Whether the account names the invited address, proven or not."""
    return user.is_active and normal_email(user.email) == invitation.email


def is_proven_for(invitation: TeamInvitation, user: User) -> bool:
    """An address that nobody has proved may be somebody else's."""
    return is_meant_for(invitation, user) and is_verified(user)
