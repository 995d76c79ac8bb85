"""Messages in the admin: the log, and the venue's own words."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_scope import VenueFilter, VenueScopedAdmin, venue_ids
from common.venues import Role
from notifications import placeholders
from notifications.enums import ON_ITS_WAY
from notifications.kinds import topics
from notifications.links import without_links
from notifications.models import Message, MessageTemplate
from notifications.preview import preview, usual_words
from notifications.services.resending import send_again

SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'none'"
)
"""For a page whose words are a venue's: it runs nothing, and belongs to no origin."""


@admin.register(Message)
class MessageAdmin(VenueScopedAdmin[Message]):
    list_display = ("created_at", "kind", "channel", "recipient", "status", "attempts", "sent_at", "trouble")
    list_filter = (VenueFilter, "status", "kind", "channel")
    list_select_related = ("venue",)
    search_fields = ("recipient", "name")
    date_hierarchy = "created_at"
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

    @admin.display(description=_("trouble"))
    def trouble(self, message: Message) -> str:
        return message.last_error[:60]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """Also by what its topic is known by, like a booking's code."""
        rows, is_doubled = super().get_search_results(request, queryset, search_term)
        for name, topic in topics.items() if search_term else ():
            rows |= queryset.filter(subject_type=name, subject_id__in=topic.found_by(search_term))
        return rows, is_doubled

    @admin.display(description=_("what it is about"))
    def subject_link(self, message: Message) -> str:
        topic, about = topics.get(message.subject_type), message.about
        if topic is None or about is None:
            return "-"
        return format_html('<a href="{}">{}</a>', topic.admin_path(message.subject_id), about)

    @admin.display(description=_("text"))
    def shown_text(self, message: Message) -> str:
        """Without the secret links, which are the recipient's alone."""
        return without_links(message.text)

    @admin.action(description=_("Send again"))
    def send_once_more(self, request: HttpRequest, chosen: QuerySet[Message]) -> None:
        """Copies go out under the name of who asked; what is on its way already is left alone."""
        mine = venue_ids(request.user, Role.MANAGER, Role.STAFF)
        done = 0
        for message in chosen:
            if message.status in ON_ITS_WAY or not (request.user.is_superuser or message.venue_id in mine):
                messages.error(request, _("Not sent again: %(message)s") % {"message": message})
            elif request.user.is_authenticated:
                send_again(message=message, by=request.user)
                done += 1
        if done:
            messages.success(
                request, ngettext("%d message is sent again.", "%d messages are sent again.", done) % done
            )


class MessageTemplateForm(forms.ModelForm[MessageTemplate]):
    """Says which placeholders there are; all checks are the model's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.instance.kind or self.initial.get("kind")
        if kind and "text" in self.fields:
            names = ", ".join(f"{{{{ {name} }}}}" for name in sorted(placeholders.known(kind)))
            self.fields["text"].help_text = format_html("{} {}", _("Placeholders:"), names)


@admin.register(MessageTemplate)
class MessageTemplateAdmin(VenueScopedAdmin[MessageTemplate]):
    """Managers write their venues' words; words for every venue are superusers' to write."""

    form = MessageTemplateForm
    list_display = ("kind", "channel", "language", "venue", "subject", "is_active", "preview_link")
    list_filter = (VenueFilter, "kind", "channel", "language", "is_active")
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
        """The usual words to start from, when a kind is named in the address."""
        given = super().get_changeform_initial_data(request)
        return usual_words(given) | given

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
        return format_html('<a href="{}">{}</a>', address, _("How it looks"))

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        template = self._visible(request, pk)
        context = self.admin_site.each_context(request) | {
            "title": str(template),
            "opts": self.opts,
            "template": template,
            "made": preview(template),
        }
        return TemplateResponse(request, "admin/notifications/preview.html", context)

    def html(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The HTML as a mail program shows it."""
        made = preview(self._visible(request, pk))
        return HttpResponse(made.html, headers={"Content-Security-Policy": SANDBOX})

    def _visible(self, request: HttpRequest, pk: int) -> MessageTemplate:
        found = self.get_queryset(request).select_related("venue").filter(pk=pk).first()
        if found is None or not self.has_view_permission(request, found):
            raise Http404
        return found
