"""ID tokens of an OpenID Connect provider: whose they are, if they are genuine and meant for us.

What the provider signs with is asked for once an hour, and at other times only for a key that is not known.
"""

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

import jwt
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.exceptions import InvalidIdToken, ProviderAway
from common.names import drop_controls
from common.outgoing import AddressRefused, DeliveryFailed, send_request

DISCOVERY = "/.well-known/openid-configuration"
SECONDS = 4
"""For everything that is asked of the provider, together."""
LARGEST = 262_144
KEPT = 3600
PAUSE = 60
"""Seconds between questions for a key that is not known, which anybody can make up."""
LEEWAY = 30
"""Seconds by which the provider's clock may differ from ours."""
GOOGLE = "https://accounts.google.com"
LONGEST_ID, LONGEST_EMAIL = 191, 254
"""Characters that there is room for."""
NAMES = ("name", "given_name", "family_name")
logger = logging.getLogger(__name__)
_asking = Lock()


@dataclass(frozen=True, slots=True)
class Provider:
    """``issuer`` as tokens name it; ``keys`` by their id, as the provider publishes them."""

    issuer: str
    keys: Mapping[str, Mapping[str, Any]]

    @property
    def names(self) -> list[str]:
        return [self.issuer, self.issuer.removeprefix("https://")] if self.issuer == GOOGLE else [self.issuer]


def verify_id_token(token: str, *, server_url: str, client_id: str) -> dict[str, Any]:
    """The claims about a person whose email address the provider has verified.

    Raises ``InvalidIdToken``, and ``ProviderAway`` where its keys cannot be had.
    """
    try:
        provider, key = _find_key(server_url, str(jwt.get_unverified_header(token).get("kid", "")))
        claims = jwt.decode(
            token,
            key,
            # Never what the token says: "none", or a public key taken for a shared secret.
            algorithms=[key.algorithm_name],
            audience=client_id,
            issuer=provider.names,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "sub", "exp", "iat"], "strict_aud": True},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise InvalidIdToken from error
    # The text "false" is no proof, nor is "true".
    if (
        claims.get("email_verified") is not True
        or not _is_address(claims.get("email"))
        or not (claims["sub"].isprintable() and 0 < len(claims["sub"]) <= LONGEST_ID)
    ):
        raise InvalidIdToken
    names = {name: drop_controls(claims[name]) for name in NAMES if isinstance(claims.get(name), str)}
    return {"sub": claims["sub"], "email": claims["email"], "email_verified": True, **names}


def _is_address(email: Any) -> bool:
    if not isinstance(email, str) or len(email) > LONGEST_EMAIL:
        return False
    with suppress(ValidationError):
        validate_email(email)
        return True
    return False


def use_up(token: str) -> None:
    """A token signs in once: whoever finds it later finds nothing. Raises ``InvalidIdToken``."""
    claims = jwt.decode(token, options={"verify_signature": False})
    # The signature can be written in several ways, what is signed in one.
    signed = hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()
    if not cache.add(f"id-token:{signed}", True, timeout=max(claims["exp"] - time.time(), 0) + 2 * LEEWAY):
        raise InvalidIdToken


def _find_key(server_url: str, kid: str) -> tuple[Provider, jwt.PyJWK]:
    name = f"oidc:{hashlib.sha256(server_url.encode()).hexdigest()}"
    provider: Provider | None = cache.get(name)
    if provider is None or (kid not in provider.keys and cache.add(f"{name}:asked", True, timeout=PAUSE)):
        provider = _ask_again(server_url, name, provider)
    if kid not in provider.keys:
        raise InvalidIdToken
    return provider, jwt.PyJWK(dict(provider.keys[kid]))


def _ask_again(server_url: str, name: str, known: Provider | None) -> Provider:
    """One asks, and who comes meanwhile takes the answer, or that there is none."""
    with _asking:
        found: Provider | None = cache.get(name)
        if found is not None and found != known:
            return found
        if cache.get(f"{name}:away"):
            raise ProviderAway
        try:
            found = _ask(server_url)
        except ProviderAway:
            cache.set(f"{name}:away", True, timeout=ProviderAway.retry_after)
            raise
        cache.set(name, found, timeout=KEPT)
        return found


def _ask(server_url: str) -> Provider:
    ends = time.monotonic() + SECONDS
    server_url = server_url.rstrip("/")
    try:
        about = _read(server_url + DISCOVERY, ends)
        issuer, address = str(about["issuer"]), str(about["jwks_uri"])
        if issuer.rstrip("/") != server_url or not address.startswith(server_url.partition("//")[0]):
            raise ValueError("another issuer, or keys without TLS")
        keys = {str(key["kid"]): key for key in _read(address, ends)["keys"] if _can_prove(key)}
    except (AddressRefused, DeliveryFailed, ValueError, TypeError, KeyError, AttributeError) as error:
        logger.warning("The keys of %s could not be read: %s", server_url, error)
        raise ProviderAway from error
    return Provider(issuer, keys)


def _can_prove(key: Mapping[str, Any]) -> bool:
    """A shared secret proves nothing: whoever reads it here can sign."""
    return key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig" and "kid" in key


def _read(address: str, ends: float) -> Any:
    answer = send_request("GET", address, seconds=ends - time.monotonic(), most_bytes=LARGEST, trusted=True)
    if not answer.is_ok:
        raise DeliveryFailed(f"{answer.status} from {address}")
    return json.loads(answer.body)
