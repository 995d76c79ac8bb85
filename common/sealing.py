"""Keeps secrets unreadable in the database: authenticated encryption under the server's key."""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

SALT = b"common.sealing"


def _make_box() -> MultiFernet:
    """Seals under the key, opens also what was sealed under earlier ones."""
    return MultiFernet(map(_box_of, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)))


def _box_of(secret: str) -> Fernet:
    key = hashlib.blake2b(secret.encode(), key=SALT, digest_size=32).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(value: Any) -> str:
    return _make_box().encrypt(json.dumps(value).encode()).decode()


def unseal(text: str) -> Any:
    """Raises ``cryptography.fernet.InvalidToken`` for what was sealed under an unknown key."""
    return json.loads(_make_box().decrypt(text.encode()))


def unseal_if_possible(text: str) -> Any | None:
    """None for what was sealed under a key that is gone: it is lost, and what stands beside it is not."""
    try:
        return unseal(text)
    except InvalidToken:
        return None
