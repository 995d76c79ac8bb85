"""A creating request carried out once, however often it arrives (``Idempotency-Key``).

Draft standard: draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from cryptography.fernet import InvalidToken
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from common.clock import now
from common.errors import Conflict, IdempotencyMismatch
from common.models import StoredAnswer
from common.parsing import refuse
from common.rendering import JSONRenderer
from common.sealing import seal, unseal
from common.transactions import retried_atomic
from common.visitors import identify_guest, secret_of

LONGEST_KEY = 200
SECRET_KEY_LENGTH = 16
"""As long as this a key is nothing that somebody else hits on."""
SECRETS = ("manage_token", "manage_url")
KEPT_HEADERS = ("Location", "ETag", "Cache-Control")
GUEST = "guest"
KEPT = timedelta(days=7)  # how long a repeated request is recognised


class CarriedOutBefore(Conflict):
    message = _("This was already done. Check the current state.")


def idempotency_key(request: HttpRequest | Request) -> str:
    """What the header says, as this client's own; "" when there is none. Raises ``InvalidInput``."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        message = _("Use %(most)d printable ASCII characters or fewer.") % {"most": LONGEST_KEY}
        refuse("Idempotency-Key", message)
    return own_key(request, key)


def own_key(request: HttpRequest | Request, key: str) -> str:
    """An account's key as it is (its scope is the account); a guest's one is worth nothing to others."""
    return key if not key or request.user.pk else bind_key(key, identify_guest(request))


def may_see_secrets_again(request: Request) -> bool:
    """Two guests behind one address may have the same short key: a repeated answer is no proof then."""
    is_known = bool(request.user.pk) or bool(secret_of(request._request))
    return is_known or len(request.headers.get("Idempotency-Key", "")) >= SECRET_KEY_LENGTH


def bind_key(key: str, holder: str) -> str:
    return hashlib.sha256(json.dumps([holder, key]).encode()).hexdigest()


def idempotent(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap a view's ``post``: same key and body, same answer; nothing is kept of a refused request."""

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = idempotency_key(request)
        if not key:
            return handler(view, request, *args, **kwargs)
        return _carry_out_once(key, request, lambda: handler(view, request, *args, **kwargs))

    return once


def _carry_out_once(key: str, request: Request, run: Callable[[], Response]) -> Response:
    scope, fingerprint = scope_of(request.user), _fingerprint_of(request)

    @retried_atomic
    def once() -> Response:
        # Key and result are committed together: a crash in between leaves neither.
        claimed = claim_key(key, scope, fingerprint, now=now())
        if claimed is None:
            return _repeat_answer(request, scope, key, fingerprint)
        response = run()
        claimed.status = response.status_code
        claimed.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        claimed.body = seal(json.loads(JSONRenderer().render(response.data) or b"null"))
        claimed.save()
        return response

    return once()


def _fingerprint_of(request: Request) -> str:
    return fingerprint_of([request.method, request.path.rstrip("/"), request.data])


def _repeat_answer(request: Request, scope: str, key: str, fingerprint: str) -> Response:
    stored = find_answer(key, scope, fingerprint)
    if stored is None:
        raise Conflict
    try:
        body = unseal(stored.body)
    except InvalidToken as error:  # the server's key is another one by now
        raise CarriedOutBefore from error
    if isinstance(body, dict) and not may_see_secrets_again(request):
        body = {name: value for name, value in body.items() if name not in SECRETS}
    return Response(body, status=stored.status, headers=stored.headers)


def scope_of(user: Any, purpose: str = "") -> str:
    """Keys belong to an account; ``own_key`` tells guests apart."""
    return purpose + (str(user.pk) if user and user.pk else GUEST)


def fingerprint_of(request_parts: object) -> str:
    return hashlib.sha256(json.dumps(request_parts, sort_keys=True, default=str).encode()).hexdigest()


def claim_key(
    key: str,
    scope: str,
    fingerprint: str,
    *,
    now: datetime,
    venue_id: int | None = None,
    subject_id: str = "",
) -> StoredAnswer | None:
    """Insert the key as the transaction's first row; None when another request has done so."""
    try:
        # The same key under way in another transaction is waited for here.
        with transaction.atomic():
            return StoredAnswer.objects.create(
                venue_id=venue_id,
                scope=scope,
                key=key,
                fingerprint=fingerprint,
                subject_id=subject_id,
                created_at=now,
            )
    except IntegrityError:
        return None


def find_answer(key: str, scope: str, fingerprint: str) -> StoredAnswer | None:
    """Raises ``IdempotencyMismatch`` for another request's key."""
    stored = StoredAnswer.objects.filter(scope=scope, key=key).first()
    if stored is not None and stored.fingerprint != fingerprint:
        raise IdempotencyMismatch
    return stored


def forget_answers(*, now: datetime) -> int:
    old = StoredAnswer.objects.filter(created_at__lt=now - KEPT)
    return old._raw_delete(old.db)  # nothing refers to them
