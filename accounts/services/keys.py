"""API keys: ``hf_<prefix>_<secret>``, of which only a digest is stored."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import POWERFUL, SCOPES, ApiKey, User
from accounts.security_log import Kind, record_event
from common.clock import now
from common.parsing import refuse

MARK = "hf_"
LASTING = timedelta(days=366)
"""A key that ends later is as good as one without an end."""
USE_RECORDED_EVERY = timedelta(minutes=1)


def create_key(
    *, user: User, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody can learn again. Raises ``InvalidInput``."""
    if expires_at is not None and expires_at <= now():
        refuse("expires_at", _("Enter a date in the future."))
    wanted = set(scopes)
    prefix = secrets.token_hex(6)
    text = f"{MARK}{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        user=user,
        name=name,
        prefix=prefix,
        digest=_digest(text),
        scopes=[scope for scope in SCOPES if scope in wanted],
        expires_at=expires_at,
    )
    record_event(Kind.KEY_MADE, user=user, details=f"hf_{prefix} {', '.join(key.scopes)}")
    return key, text


def is_powerful(scopes: Iterable[str], expires_at: datetime | None) -> bool:
    """Whether whoever makes such a key has to prove first that the account is theirs."""
    lasts = expires_at is None or expires_at > now() + LASTING
    return lasts or not POWERFUL.isdisjoint(scopes)


def tell_owner_of_key(request: HttpRequest, key: ApiKey) -> None:
    """By mail, as of every other change of how one can sign in."""
    context = {"name": key.name, "scopes": key.scopes, "expires_at": key.expires_at}
    get_adapter(request).send_notification_mail("account/email/api_key_made", key.user, context)


def find_key(text: str) -> ApiKey | None:
    """The living key with this text."""
    prefix = text.removeprefix(MARK).partition("_")[0]
    if not text.startswith(MARK) or not prefix.isascii() or "\x00" in prefix:
        return None
    key = ApiKey.objects.alive(now()).filter(prefix=prefix).select_related("user").first()
    if key is None or not hmac.compare_digest(key.digest, _digest(text)):
        return None
    _record_use(key)
    return key


def _record_use(key: ApiKey) -> None:
    # Once a minute at most, so that reading with a key seldom writes.
    at = now()
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - USE_RECORDED_EVERY)
    if key.last_used_at is None or key.last_used_at <= at - USE_RECORDED_EVERY:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=at)


def revoke_key(*, key: ApiKey) -> None:
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now()):
        record_event(Kind.KEY_REVOKED, user=key.user, details=f"hf_{key.prefix}")


def revoke_all_keys(*, user: User) -> None:
    if ended := ApiKey.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now()):
        record_event(Kind.KEY_REVOKED, user=user, details=f"all {ended}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
