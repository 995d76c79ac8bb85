"""How the API's document describes tokens and keys."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from common.schema import SessionScheme


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.api.authentication.TokenAuthentication"
    name = ["bearer", "apiKey"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """One of the two, not both."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {"type": "http", "scheme": "bearer", "description": "An access token, or an API key."},
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        ]


class RootSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]
    target_class = "accounts.api.root.RootSession"
    name = "rootSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        about = "The session's cookie. JSON from pages of this very origin needs no CSRF token."
        return {**super().get_security_definition(auto_schema), "description": about}  # type: ignore[no-untyped-call]
