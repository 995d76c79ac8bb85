import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.clock import now
from resources.enums import Role
from resources.models.venue import Venue

VALID_FOR = timedelta(days=7)


def next_expiry() -> datetime:
    return now() + VALID_FOR


class TeamInvitationQuerySet(models.QuerySet["TeamInvitation"]):
    def unsettled(self) -> Self:
        """Neither accepted nor revoked; some of them may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)


class TeamInvitation(models.Model):
    """A role at a venue, offered to whoever proves this email address.

    Its secret is in no table: ``resources.team_links`` computes it from the key and ``link_version``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("venue")
    )
    email = models.EmailField(_("email address"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.STAFF)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("invited by"),
    )
    link_version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Part of the secret link; raising it revokes the old one."
    )
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    expires_at = models.DateTimeField(_("valid until"), default=next_expiry, editable=False)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("accepted by"),
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = TeamInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation to the team")
        verbose_name_plural = _("invitations to the team")
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("venue", "email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_once_per_address",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
        )

    def __str__(self) -> str:
        return f"{self.email} ({self.get_role_display()})"
