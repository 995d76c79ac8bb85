"""A small OpenID Connect provider that really listens: code flow, PKCE, RS256."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "holdfast", "client-secret-of-the-tests"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """``person``: the claims of whoever sits in front of the browser; ``forge``: changes of the ID token."""

    def __init__(self) -> None:
        self.url = ""
        self.person: dict[str, Any] = {}
        self.forge: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.asked: list[dict[str, str]] = []
        self.kid = "1"
        self.told: list[str] = []
        """Which of its documents were read."""

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def jwks(self) -> dict[str, Any]:
        public = json.loads(RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [public | {"kid": self.kid, "use": "sig", "alg": "RS256"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes on to: the person agrees at once."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        assert "openid" in asked["scope"].split()
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Tokens for a code, once, and only for who asked for it; None otherwise."""
        asked = self.codes.pop(form.get("code", ""), None)
        client = (form.get("client_id"), form.get("client_secret"))
        if asked is None or client != (CLIENT_ID, CLIENT_SECRET):
            return None
        if form.get("redirect_uri") != asked["redirect_uri"] or not verifies(form, asked):
            return None
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        return {"access_token": token, "token_type": "Bearer", "id_token": self.id_token(asked)}

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, **self.person}
        if "nonce" in asked:
            claims["nonce"] = asked["nonce"]
        return jwt.encode(claims | self.forge, KEY, algorithm="RS256", headers={"kid": self.kid})


def verifies(form: dict[str, str], asked: dict[str, str]) -> bool:
    """PKCE: RFC 7636, S256."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return asked.get("code_challenge_method") == "S256" and asked.get("code_challenge") == challenge


class Handler(BaseHTTPRequestHandler):
    provider: ClassVar[Provider]

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.provider.told.append(address.path)
        if address.path == "/.well-known/openid-configuration":
            self.answer(self.provider.discovery())
        elif address.path == "/jwks":
            self.answer(self.provider.jwks())
        elif address.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(dict(parse_qsl(address.query))))
            self.end_headers()
        elif self.headers.get("Authorization", "").removeprefix("Bearer ") in self.provider.tokens:
            self.answer(self.provider.person)
        else:
            self.answer({"error": "invalid_token"}, 401)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        tokens = self.provider.exchange(dict(parse_qsl(body)))
        self.answer(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

    def answer(self, body: dict[str, Any], status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def running_provider() -> Iterator[Provider]:
    provider = Provider()
    handler = type("BoundHandler", (Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
