"""The OpenID Connect provider; allauth finds it by this module's name, in place of its own."""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from accounts.exceptions import GoogleNotConfigured, InvalidIdToken, ProviderAway
from accounts.id_tokens import use_up, verify_id_token

GOOGLE = "google"


class CheckedProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """An ID token counts as much at allauth's own address as at ours."""

    package = OpenIDConnectProvider.get_package()

    def redirect(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.app.secret:  # with which Google would believe that whoever comes back comes to us
            raise Http404
        answer: HttpResponse = super().redirect(*args, **kwargs)
        return answer

    def read_token(self, token: str) -> dict[str, Any]:
        """Raises ``InvalidIdToken`` and ``ProviderAway``."""
        return verify_id_token(
            token, server_url=self.app.settings["server_url"], client_id=self.app.client_id
        )

    def verify_token(self, request: HttpRequest, token: dict[str, Any]) -> SocialLogin:
        try:
            claims = self.read_token(token.get("id_token") or "")
            use_up(token["id_token"])
        except (InvalidIdToken, ProviderAway) as error:
            raise get_adapter().validation_error("invalid_token") from error
        return self.sociallogin_from_response(request, claims)


def find_google(request: HttpRequest) -> CheckedProvider:
    """It needs no secret of ours to check its tokens. Raises ``GoogleNotConfigured``."""
    if not settings.GOOGLE_CLIENT_ID:
        raise GoogleNotConfigured
    app = SocialApp(
        provider=CheckedProvider.id,
        provider_id=GOOGLE,
        name="Google",
        client_id=settings.GOOGLE_CLIENT_ID,
        # An address that Google has verified belongs to whoever signs in there, as on our pages.
        settings={"server_url": settings.OIDC_SERVER_URL, "email_authentication": True},
    )
    return CheckedProvider(request, app=app)


provider_classes = [CheckedProvider]
