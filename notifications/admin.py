from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import ForeignKey, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_actions import Question, ask_first
from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin
from common.prefixes import by_name, in_lower_case
from common.venues import MANAGING
from notifications import placeholders
from notifications.enums import ON_ITS_WAY, Channel
from notifications.kinds import topics
from notifications.links import hide_links
from notifications.models import Message, MessageTemplate
from notifications.preview import render_preview, usual_texts_for
from notifications.services.resending import resend_message

# For a page whose words are a venue's: it runs nothing and belongs to no origin.
SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'none'"
)


@admin.register(Message)
class MessageAdmin(VenueScopedAdmin[Message]):
    viewing_roles = MANAGING
    list_display = ("created_at", "kind", "channel", "recipient", "status", "attempts", "sent_at", "trouble")
    list_filter = (OwnVenueFilter, "status", "kind", "channel")
    list_select_related = ("venue",)
    searched = (in_lower_case("recipient"), by_name("name"))
    phone_fields = ("recipient",)
    search_help_text = _("How recipient, name, surname, or the code of what it is about begins")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    actions = ("send_once_more",)
    fieldsets = (
        (None, {"fields": ("venue", "kind", "channel", "recipient", "name", "language", "subject_link")}),
        (_("Text"), {"fields": ("subject", "shown_text")}),
        (
            _("Delivery"),
            {
                "fields": (
                    *("status", "due_at", "attempts", "last_error", "provider_id"),
                    *("created_at", "sent_at", "delivered_at", "ended_at", "resent_by"),
                )
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("error"))
    def trouble(self, message: Message) -> str:
        return message.last_error[:60]

    def conditions_for(self, request: HttpRequest, text: str) -> list[Q]:
        """Also finds messages by what their topic is known by, like a booking's code."""
        found = {name: list(topic.found_by(text)) for name, topic in topics.items()}
        about = [Q(subject_type=name, subject_id__in=ids) for name, ids in found.items() if ids]
        return super().conditions_for(request, text) + about

    @admin.display(description=_("subject"))
    def subject_link(self, message: Message) -> str:
        topic, about = topics.get(message.subject_type), message.about
        if topic is None or about is None:
            return "-"
        return format_html('<a href="{}">{}</a>', topic.admin_path(message.subject_id), about)

    @admin.display(description=_("text"))
    def shown_text(self, message: Message) -> str:
        return hide_links(message.text)

    @admin.action(description=_("Send again"))
    def send_once_more(self, request: HttpRequest, chosen: QuerySet[Message]) -> HttpResponse | None:
        if asked := ask_first(self, request, chosen, RESEND):
            return asked
        resent_count = 0
        for message in chosen:
            if not request.user.is_authenticated or message.status in ON_ITS_WAY:
                messages.error(request, _("Not sent again: %(message)s") % {"message": message})
            else:
                resend_message(message=message, by=request.user)
                resent_count += 1
        if resent_count:
            messages.success(
                request,
                ngettext("Sending %d message again.", "Sending %d messages again.", resent_count)
                % resent_count,
            )
        return None


def _describe_resending(message: Message) -> Iterator[str | Promise]:
    yield message.subject or hide_links(message.text)
    if message.status in ON_ITS_WAY:
        yield _("Not sent again, it's already on its way")
        return
    sentences = {
        Channel.EMAIL: _("Email to %(address)s"),
        Channel.SMS: _("Text message to %(address)s"),
    }
    yield sentences[Channel(message.channel)] % {"address": message.recipient}


RESEND = Question("send_once_more", _("Send again"), _describe_resending)


class MessageTemplateForm(forms.ModelForm[MessageTemplate]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.instance.kind or self.initial.get("kind")
        if kind and "text" in self.fields:
            names = ", ".join(f"{{{{ {name} }}}}" for name in sorted(placeholders.known_placeholders(kind)))
            self.fields["text"].help_text = format_html("{} {}", _("Placeholders:"), names)


@admin.register(MessageTemplate)
class MessageTemplateAdmin(VenueScopedAdmin[MessageTemplate]):
    """Managers write their venues' texts; only superusers write those of every venue."""

    form = MessageTemplateForm
    list_display = ("kind", "channel", "language", "venue", "subject", "is_active", "preview_link")
    list_filter = (OwnVenueFilter, "kind", "channel", "language", "is_active")
    list_select_related = ("venue",)
    readonly_fields = ("preview_link",)
    fields = (
        *("venue", "kind", "channel", "language"),
        *("subject", "text", "html", "is_active", "preview_link"),
    )

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and not request.user.is_superuser:
            field.required = True
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given = super().get_changeform_initial_data(request)
        return usual_texts_for(given) | given

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<int:pk>/preview/", self.admin_site.admin_view(self.preview), name="message-preview"),
            path(
                "<int:pk>/preview/html/", self.admin_site.admin_view(self.html), name="message-preview-html"
            ),
        ]
        return own + super().get_urls()

    @admin.display(description=_("preview"))
    def preview_link(self, template: MessageTemplate) -> str:
        if not template.pk:
            return str(_("After saving."))
        address = reverse("admin:message-preview", args=[template.pk])
        return format_html('<a href="{}">{}</a>', address, _("Preview"))

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        template = self._visible(request, pk)
        context = self.admin_site.each_context(request) | {
            "title": str(template),
            "opts": self.opts,
            "template": template,
            "made": render_preview(template),
        }
        return TemplateResponse(request, "admin/notifications/preview.html", context)

    def html(self, request: HttpRequest, pk: int) -> HttpResponse:
        rendered = render_preview(self._visible(request, pk))
        return HttpResponse(rendered.html, headers={"Content-Security-Policy": SANDBOX})

    def _visible(self, request: HttpRequest, pk: int) -> MessageTemplate:
        template = self.get_queryset(request).select_related("venue").filter(pk=pk).first()
        if template is None or not self.has_view_permission(request, template):
            raise Http404
        return template
