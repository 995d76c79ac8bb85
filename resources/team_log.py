"""Roles at venues, in the security log."""

from typing import Any

from django.db.models.signals import post_delete, pre_save

from accounts.security_log import Kind, record_event
from resources.models import VenueMembership


def note_role(*, instance: VenueMembership, **kwargs: Any) -> None:
    """Before it is saved: what it was."""
    before = VenueMembership.objects.filter(pk=instance.pk).values_list("role", flat=True).first()
    if before != instance.role:
        _record(instance, f"{before or '-'} → {instance.role}")


def note_end(*, instance: VenueMembership, **kwargs: Any) -> None:
    _record(instance, f"{instance.role} → -")


def _record(membership: VenueMembership, change: str) -> None:
    details = f"{membership.venue.name}: {change}"
    record_event(Kind.ROLE_CHANGED, user=membership.user, details=details)


def connect() -> None:
    pre_save.connect(note_role, sender=VenueMembership)
    post_delete.connect(note_end, sender=VenueMembership)
