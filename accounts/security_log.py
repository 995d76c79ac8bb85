"""What happened at the doors, with account and address; superusers read it in the admin."""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.http import HttpRequest
from simple_history.models import HistoricalRecords

from accounts.models import SecurityEvent, SecurityEventKind, User
from common.clock import now as clock_now
from common.throttling import client_address

Kind = SecurityEventKind
SHOWN_OF_NAME = 3
"""Letters of a login that is no account's: it may be a password in the wrong field."""


def record_event(kind: Kind, *, user: User | None = None, details: str = "") -> None:
    """``user`` is whom it happened to; who did it, and from where, is the request's."""
    request = current_request()
    actor = getattr(request, "user", None)
    SecurityEvent.objects.create(
        at=clock_now(),
        kind=kind,
        user=user,
        actor=actor if isinstance(actor, User) and actor.pk else None,
        address=_ip_of(request) if request else None,
        details=details[:200],
    )


def _ip_of(request: HttpRequest) -> str | None:
    """None behind a socket of the system's, or a proxy that writes something else there."""
    try:
        return str(ip_address(client_address(request).partition("%")[0]))
    except ValueError:
        return None


def record_refusal(login: str, user: User | None, reason: str) -> None:
    named = "" if user else f" ({login[:SHOWN_OF_NAME]}…)"
    record_event(Kind.REFUSED, user=user, details=reason + named)


def current_request() -> HttpRequest | None:
    """The one that this thread is answering."""
    request: HttpRequest | None = getattr(HistoricalRecords.context, "request", None)
    return request


def forget_events(*, now: datetime) -> int:
    old = SecurityEvent.objects.filter(at__lt=now - timedelta(days=settings.SECURITY_LOG_DAYS))
    return old.delete()[0]


def note_access(*, instance: User, update_fields: Any = None, **kwargs: Any) -> None:
    """Before an account is saved: what it may do and its address, if that changes, by whoever changes it."""
    names = [name for name in (*ACCESS, "email") if update_fields is None or name in update_fields]
    if not names or instance._state.adding:
        return
    before = User.objects.filter(pk=instance.pk).values(*names).first() or {}
    email = before.pop("email", instance.email)
    if email != instance.email and instance.is_active:  # else the account is being closed
        record_event(Kind.EMAIL_CHANGED, user=instance)
    changed = [
        f"{name}: {value} → {new}"
        for name, value in before.items()
        if (new := getattr(instance, name)) != value
    ]
    if changed:
        record_event(Kind.ACCESS_CHANGED, user=instance, details=", ".join(changed))


ACCESS = ("is_superuser", "is_staff", "is_active")
SIGNS = {"post_add": "+", "post_remove": "-"}


def note_permissions(
    *, instance: User | Group, action: str, model: Any, pk_set: Any, reverse: bool, **kwargs: Any
) -> None:
    """Django's own groups and permissions: nothing of ours asks for them, but the admin can give them."""
    if action not in SIGNS or reverse:
        return
    owner, name = (None, f"{instance}: ") if isinstance(instance, Group) else (instance, "")
    changed = (f"{SIGNS[action]}{each}" for each in model.objects.filter(pk__in=pk_set))
    record_event(Kind.ACCESS_CHANGED, user=owner, details=name + ", ".join(changed))
