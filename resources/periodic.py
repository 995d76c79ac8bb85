from datetime import datetime, timedelta

from common.periodic import register_job
from resources.models import TeamInvitation

KEPT = timedelta(days=90)


def forget_invitations(*, now: datetime) -> int:
    """Addresses of people who never came."""
    over = TeamInvitation.objects.filter(accepted_at=None, expires_at__lte=now - KEPT)
    return over.delete()[0]


def register() -> None:
    register_job("resources.forget_invitations", forget_invitations, every=3600)
