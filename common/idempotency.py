"""A creating request carried out once, however often it arrives (``Idempotency-Key``).

Draft standard: draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from cryptography.fernet import InvalidToken
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.clock import now
from common.errors import Conflict, IdempotencyMismatch
from common.models import StoredAnswer
from common.parsing import refuse
from common.sealing import seal, unseal
from common.transactions import retried_atomic

LONGEST_KEY = 200
KEPT_HEADERS = ("Location", "ETag", "Cache-Control")
GUEST = "guest"


def idempotency_key(headers: Mapping[str, str]) -> str:
    """The header's value, "" when there is none. Raises ``InvalidInput``."""
    key = headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        message = _("Use at most %(most)d printable ASCII characters.") % {"most": LONGEST_KEY}
        refuse("Idempotency-Key", message)
    return key


def idempotent(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Wraps a view's ``post``: same key and body, same answer; nothing is kept of a refused request.

    The handler runs in the key's own transaction, so that key and result are committed together.
    """

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = idempotency_key(request.headers)
        if not key:
            return handler(view, request, *args, **kwargs)
        return _carried_out(key, request, lambda: handler(view, request, *args, **kwargs))

    return once


def _carried_out(key: str, request: Request, run: Callable[[], Response]) -> Response:
    scope = str(request.user.pk) if request.user.pk else GUEST
    print_ = _fingerprint(request)

    @retried_atomic
    def once() -> Response:
        claimed = _claim(scope, key, print_)
        if claimed is None:
            return _earlier(scope, key, print_)
        response = run()
        claimed.status = response.status_code
        claimed.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        claimed.body = seal(json.loads(JSONRenderer().render(response.data) or b"null"))
        claimed.save()
        return response

    return once()


def _fingerprint(request: Request) -> str:
    asked = [request.method, request.path.rstrip("/"), request.data]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


def _claim(scope: str, key: str, print_: str) -> StoredAnswer | None:
    """Inserts the key; None when it is there. Waits here for the same request under way."""
    try:
        with transaction.atomic():
            return StoredAnswer.objects.create(scope=scope, key=key, fingerprint=print_, created_at=now())
    except IntegrityError:
        return None


def _earlier(scope: str, key: str, print_: str) -> Response:
    found = StoredAnswer.objects.get(scope=scope, key=key)
    if found.fingerprint != print_:
        raise IdempotencyMismatch
    try:
        body = unseal(found.body)
    except InvalidToken as error:  # the server's key is another one by now
        raise Conflict(_("This was carried out before. Please look again.")) from error
    return Response(body, status=found.status, headers=found.headers)
