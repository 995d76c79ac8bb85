"""How access and refresh tokens are signed, and how long they are worth something."""

import hashlib
from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

from config.variables import first_of, number_of

SHORTEST_KEY = 32
ACCESS_HOURS = 24
"""As the documents say. A stolen token is worth no more than its session, which is asked for at every use."""


def read_token_key(environment: Mapping[str, str], secret_key: str) -> str:
    key = first_of(environment, "JWT_SECRET", "JWT_SECRET_KEY")
    if not key:
        return hashlib.sha256(f"holdfast.jwt:{secret_key}".encode()).hexdigest()
    if len(key) < SHORTEST_KEY:
        raise ImproperlyConfigured(f"JWT_SECRET (JWT_SECRET_KEY) needs at least {SHORTEST_KEY} characters.")
    return key


def read_access_seconds(environment: Mapping[str, str]) -> int:
    if environment.get("JWT_ACCESS_SECONDS"):
        return int(number_of(environment, "JWT_ACCESS_SECONDS", default=ACCESS_HOURS * 3600))
    return int(number_of(environment, "JWT_EXPIRES_HOURS", default=ACCESS_HOURS) * 3600)
