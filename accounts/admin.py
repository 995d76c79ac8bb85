"""Superusers only: venue staff have no model permissions here."""

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.db.models import Q, QuerySet
from django.db.models.fields import BLANK_CHOICE_DASH
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.admin_lists import FEW, LongList
from accounts.admin_sign_in import ADMINS
from accounts.models import ApiKey, SecurityEvent, User
from accounts.services.keys import revoke_key
from common.prefixes import in_any_case

for _model, _model_admin in ADMINS.items():
    admin.site.unregister(_model)  # allauth's own
    admin.site.register(_model, _model_admin)


class UserCreationForm(BaseUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(LongList[User], DjangoUserAdmin[User]):
    add_form = UserCreationForm
    ordering = ("email",)
    list_display = ("email", "get_full_name", "phone", "is_staff", "is_active", "created_at")
    list_filter = ("is_staff", "is_superuser", "is_active")
    searched = tuple(map(in_any_case, ("email", "username", "first_name", "last_name")))
    phone_fields = ("phone",)
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "username", "password")}),
        (_("Personal details"), {"fields": ("first_name", "last_name", "phone", "time_zone", "language")}),
        (
            _("Preferences"),
            {"fields": ("wants_reminders", "reminder_hours", "wants_sms", "wants_newsletter")},
        ),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Activity"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "username":  # optional here; Django's own field for it takes no empty one
            kwargs["form_class"] = forms.CharField
        if db_field.name == "language":  # only those that are offered
            choices = [*BLANK_CHOICE_DASH, *settings.LANGUAGES]
            return forms.ChoiceField(label=capfirst(db_field.verbose_name), choices=choices, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        # With its address an account loses the proof, and the use, of the one before.
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    """To look at and to revoke; accounts make their keys themselves."""

    list_display = (
        "name",
        "prefix",
        "user",
        "rights",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = ("revoked_at",)
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__email")
    fields = list_display
    readonly_fields = list_display
    actions = ("revoke",)

    @admin.display(description=_("rights"))
    def rights(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.action(description=_("Revoke the selected keys"), permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            revoke_key(key=key)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False


@admin.register(SecurityEvent)
class SecurityEventAdmin(LongList[SecurityEvent]):
    list_display = ("at", "kind", "user", "actor", "address", "details")
    list_filter = ("kind",)
    list_select_related = ("user", "actor")
    date_hierarchy = "at"
    searched = (in_any_case("user__email"),)
    search_help_text = _("How the account's email address begins")
    fields = list_display
    readonly_fields = list_display

    def conditions_for(self, request: HttpRequest, text: str) -> list[Q]:
        accounts = User.objects.filter(in_any_case("email").begins(text))
        return [Q(user__in=list(accounts.values_list("pk", flat=True)[:FEW]))]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SecurityEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SecurityEvent | None = None) -> bool:
        return False
