"""What the account tests share."""

import time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD, make_user

NEW = {"email": "ada@example.com", "password": PASSWORD}
NEW_PASSWORD = "staple battery horse correct"


def send(client: Client, method: str, address: str, body: Any = None, **headers: str) -> Any:
    """JSON to ``/api/auth/<address>``; headers as ``Authorization="..."``, ``_`` for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    call = getattr(client, method)
    return call(f"/api/auth/{address}", body or {}, content_type="application/json", headers=named)


def post(client: Client, address: str, body: Any = None, **headers: str) -> Any:
    return send(client, "post", address, body, **headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def whoami(**headers: str) -> Any:
    """``GET /api/auth/user`` by somebody without cookies."""
    return Client().get("/api/auth/user", headers={name.replace("_", "-"): v for name, v in headers.items()})


def signed_in(client: Client, user: User, **more: str) -> dict[str, Any]:
    answer = post(client, "login", {"login": user.email, "password": PASSWORD, **more})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def verified_user(**fields: Any) -> User:
    user = make_user(**fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def with_totp(user: User) -> str:
    """Turns on the second factor; its secret."""
    secret: str = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


def code_now(secret: str) -> str:
    code: str = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    return code


def recovery_codes(user: User) -> list[str]:
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes
