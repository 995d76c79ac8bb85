"""The secret link of an invitation, computed and never stored; raising ``link_version`` revokes it."""

from django.urls import reverse

from common.keyed import derive_token, is_token
from resources.models import TeamInvitation

SALT = "resources.team_links"
TOKEN_LENGTH = 40


def token_for(invitation: TeamInvitation) -> str:
    return derive_token(SALT, _value_of(invitation), TOKEN_LENGTH)


def is_valid(invitation: TeamInvitation, token: str) -> bool:
    return is_token(token, SALT, _value_of(invitation), TOKEN_LENGTH)


def _value_of(invitation: TeamInvitation) -> str:
    return f"{invitation.pk.hex}:{invitation.link_version}:{invitation.role}:{invitation.email}"


def invitation_path(invitation: TeamInvitation) -> str:
    return reverse("team-invitation", args=[invitation.pk, token_for(invitation)])
