"""Signing in with an account of somebody else's."""

from typing import Any


def offer_google(client_id: str, secret: str, server_url: str) -> dict[str, dict[str, Any]]:
    """Return allauth's providers: Google where it has a key for us, else none."""
    if not (client_id and secret):
        return {}
    google = {
        "provider_id": "google",
        "name": "Google",
        "client_id": client_id,
        "secret": secret,
        # An address that Google has verified belongs to whoever signs in there.
        "settings": {"server_url": server_url, "email_authentication": True},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [google]}}
