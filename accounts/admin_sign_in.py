"""What accounts sign in with and make themselves: superusers look at it and delete it, and see no secret."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.usersessions.models import UserSession
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.admin_lists import LongList


class OwnedByAccount(LongList[Any]):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class UserSessionAdmin(OwnedByAccount):
    list_display = fields = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    search_fields = ("user__email", "ip")

    def delete_model(self, request: HttpRequest, obj: UserSession) -> None:
        obj.end()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        for session in queryset:
            session.end()


class AuthenticatorAdmin(OwnedByAccount):
    list_display = fields = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__email",)


class SocialAccountAdmin(OwnedByAccount):
    list_display = fields = ("user", "provider", "uid", "last_login", "date_joined")
    list_filter = ("provider",)
    search_fields = ("user__email", "uid")


class SocialTokenAdmin(OwnedByAccount):
    list_display = fields = ("account", "app", "expires_at")


ADMINS: dict[type[Model], type[OwnedByAccount]] = {
    UserSession: UserSessionAdmin,
    Authenticator: AuthenticatorAdmin,
    SocialAccount: SocialAccountAdmin,
    SocialToken: SocialTokenAdmin,
}
