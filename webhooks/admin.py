from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, run_for_each, venue_ids
from common.sealing import seal
from webhooks.enums import EVERYTHING
from webhooks.events import events as known_events
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.services import TOKEN_AGAIN, must_ask_token_again, replay_delivery, rotate_secret, send_test


class EndpointForm(forms.ModelForm[WebhookEndpoint]):
    events = forms.MultipleChoiceField(
        label=_("events"),
        choices=lambda: [(EVERYTHING, _("all")), *((name, name) for name in known_events.names())],
        widget=forms.CheckboxSelectMultiple,
        initial=[EVERYTHING],
    )
    url = forms.URLField(label=_("address"), max_length=1000, assume_scheme="https")
    new_token = forms.CharField(
        label=_("new bearer token"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput,
        help_text=_("Sent as Authorization: Bearer. Leave empty to keep the current one."),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("venue", "url", "description", "preset", "events", "is_active")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stored = WebhookEndpoint.objects.filter(pk=self.instance.pk).first()
        if stored and not cleaned.get("new_token") and must_ask_token_again(stored, cleaned.get("url", "")):
            self.add_error("new_token", str(TOKEN_AGAIN))
        return cleaned


class ManagersAdmin(VenueScopedAdmin[Any]):
    """For managers alone; only superusers see endpoints of the environment."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_role(request, obj, *self.changing_roles)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        venues_managed = venue_ids(request.user, *self.changing_roles)
        return rows.filter(**{f"{self.venue_path}__in": venues_managed})


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ManagersAdmin):
    form = EndpointForm
    list_display = ("url", "venue", "preset", "is_active", "failing_since", "disabled_reason")
    list_filter = (OwnVenueFilter, "preset", "is_active")
    list_select_related = ("venue",)
    readonly_fields = ("failing_since", "disabled_reason", "created_at")
    fields = ("venue", "url", "description", "preset", "events", "new_token", "is_active", *readonly_fields)
    actions = ("test", "rotate")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        of_environment = obj is not None and obj.venue_id is None
        return not of_environment and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        of_environment = obj is not None and obj.venue_id is None
        return not of_environment and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        if form.cleaned_data.get("new_token"):
            obj.bearer_token = seal(form.cleaned_data["new_token"])
        if {"url", "is_active"} & {*form.changed_data}:
            obj.failing_since = obj.paused_until = None
            obj.disabled_reason = ""
        super().save_model(request, obj, form, change)
        if not change:
            self._show_secret(request, obj)

    @admin.action(description=_("Send test message"))
    def test(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        for endpoint in chosen:
            send_test(endpoint=endpoint)
        messages.success(request, _("Sending. See the deliveries for the result."))

    @admin.action(description=_("Create new secret"))
    def rotate(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        for endpoint in chosen:
            if self.has_change_permission(request, endpoint):
                self._show_secret(request, endpoint)

    def _show_secret(self, request: HttpRequest, endpoint: WebhookEndpoint) -> None:
        _endpoint, secret = rotate_secret(endpoint=endpoint)
        text = _("Secret for %(url)s: %(secret)s. Copy it now. You won't see it again.")
        messages.warning(request, text % {"url": endpoint.url, "secret": secret})


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ManagersAdmin):
    venue_path = "endpoint__venue"
    list_display = ("created_at", "endpoint", "event", "status", "attempts", "response_status", "error")
    list_filter = ("status", "event")
    list_select_related = ("endpoint",)
    date_hierarchy = "created_at"
    exclude = ("source", "claimed_until")
    actions = ("send_again",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Send again"))
    def send_again(self, request: HttpRequest, chosen: QuerySet[WebhookDelivery]) -> None:
        if done := run_for_each(request, chosen, lambda delivery: replay_delivery(delivery=delivery)):
            text = ngettext("Sending %d message again.", "Sending %d messages again.", done) % done
            messages.success(request, text)
