"""The forms of signing in, and signing in with Google."""

from typing import Any

# allauth's names of its forms.
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "change_password": "accounts.forms.PasswordForm",
    "reset_password": "accounts.forms.ResetForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "set_password": "accounts.forms.FirstPasswordForm",
}


def offer_google(client_id: str, secret: str, server_url: str) -> dict[str, dict[str, Any]]:
    """Return allauth's providers: Google where it has a key for us, else none."""
    if not (client_id and secret):
        return {}
    google = describe_google(client_id, secret, server_url)
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [google]}}


def describe_google(client_id: str, secret: str, server_url: str) -> dict[str, Any]:
    return {
        "provider_id": "google",
        "name": "Google",
        "client_id": client_id,
        "secret": secret,
        # An address that Google has verified belongs to whoever signs in there.
        "settings": {"server_url": server_url, "email_authentication": True},
    }
