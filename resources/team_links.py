"""The secret link of an invitation, computed and never stored; raising ``link_version`` revokes it."""

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from resources.models import TeamInvitation

SALT = "resources.team_links"
TOKEN_LENGTH = 40


def token_for(invitation: TeamInvitation) -> str:
    value = f"{invitation.pk.hex}:{invitation.link_version}:{invitation.role}:{invitation.email}"
    digest = salted_hmac(SALT, value, secret=settings.SECRET_KEY, algorithm="sha256")
    return digest.hexdigest()[:TOKEN_LENGTH]


def is_valid(invitation: TeamInvitation, token: str) -> bool:
    return constant_time_compare(token_for(invitation), token)


def invitation_path(invitation: TeamInvitation) -> str:
    return reverse("team-invitation", args=[invitation.pk, token_for(invitation)])
