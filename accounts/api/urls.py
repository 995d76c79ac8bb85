"""Addresses of the accounts API, below ``/api/``."""

from accounts.api import password_views, views
from accounts.api.google_view import Google
from accounts.api.key_views import KeyViewSet
from accounts.api.own_views import OwnAccountViewSet
from accounts.api.token_view import Token
from common.api_sets import Router
from common.api_views import either

router = Router()
router.register("auth/keys", KeyViewSet, "api-keys")
router.register("auth/user", OwnAccountViewSet, "api-user")
urlpatterns = [
    *either("auth/register", views.Register.as_view(), "api-register"),
    *either("auth/login", views.SignIn.as_view(), "api-login"),
    *either("auth/google", Google.as_view(), "api-google"),
    *either("auth/csrf", views.Csrf.as_view(), "api-csrf"),
    *either("auth/logout", views.SignOut.as_view(), "api-logout"),
    *either("auth/token/refresh", views.RefreshTokens.as_view(), "api-token-refresh"),
    *either("v1/auth/token", Token.as_view(), "api-token"),
    *either("auth/password/change", password_views.PasswordChange.as_view(), "api-password-change"),
    *either("auth/password/reset", password_views.PasswordReset.as_view(), "api-password-reset"),
    *either("auth/password/reset/confirm", password_views.PasswordResetConfirm.as_view(), "api-password-set"),
    *either("auth/email/verify", password_views.EmailVerify.as_view(), "api-email-verify"),
    *either("auth/email/verify/resend", password_views.EmailResend.as_view(), "api-email-resend"),
    *router.urls,
]
