"""Secret links, computed under the server's key; those of earlier keys stay valid."""

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac


def derive_token(salt: str, value: str, length: int, *, key: str = "") -> str:
    secret = key or settings.SECRET_KEY
    return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()[:length]


def is_token(token: str, salt: str, value: str, length: int) -> bool:
    return any(
        constant_time_compare(derive_token(salt, value, length, key=key), token)
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )
