from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, venue_ids
from calendars.fetching import masked_address, require_usable_address
from calendars.models import CalendarFeed, ExternalCalendar, ExternalEvent
from calendars.permissions import require_connector
from calendars.reports import describe_problems
from calendars.services import add_calendar, change_calendar, fetch_soon, remove_calendar
from common.errors import DomainError
from common.venues import MANAGING


class ConflictFilter(admin.SimpleListFilter):
    title = _("conflicts")
    parameter_name = "conflict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("With conflicts")), ("no", _("Without conflicts"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.exclude(conflict="")
            case "no":
                return queryset.filter(conflict="")
        return queryset


class ExternalCalendarForm(forms.ModelForm[ExternalCalendar]):
    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        required=False,
        help_text=_("Public, with http://, https:// or webcal://. Leave empty to keep the current one."),
    )

    class Meta:
        model = ExternalCalendar
        fields = ("resource", "name", "url", "interval", "is_active")

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if not url and self.instance._state.adding:
            raise forms.ValidationError(_("Enter a value."))
        try:
            return require_usable_address(url) if url else ""
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error


@admin.register(ExternalCalendar)
class ExternalCalendarAdmin(VenueScopedAdmin[ExternalCalendar]):
    viewing_roles = changing_roles = MANAGING
    form = ExternalCalendarForm
    list_display = ("name", "resource", "address", "is_active", "last_success_at", "failures", "trouble")
    list_filter = (OwnVenueFilter, "is_active")
    list_select_related = ("resource__venue",)
    search_fields = ("name", "resource__name")
    readonly_fields = ("address", "last_fetched_at", "last_success_at", "next_fetch_at", "trouble")
    actions = ("look",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "resource") if obj else self.readonly_fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = list(self.readonly_fields) if obj else []
        address = [] if obj and not self.has_change_permission(request, obj) else ["url"]
        return ["resource", "name", *address, "interval", "is_active", *shown]

    @admin.display(description=_("address"))
    def address(self, calendar: ExternalCalendar) -> str:
        return masked_address(calendar)

    @admin.display(description=_("problems"))
    def trouble(self, calendar: ExternalCalendar) -> SafeString | str:
        """The error of the last look, or what it could not read."""
        zone = calendar.resource.venue.zone
        lines = [calendar.last_error] if calendar.last_error else []
        lines += describe_problems(calendar.problems, calendar.read_until, zone)
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines)) or "-"

    @admin.action(description=_("Refresh now"))
    def look(self, request: HttpRequest, calendars: QuerySet[ExternalCalendar]) -> None:
        for calendar in calendars:
            if self.has_change_permission(request, calendar):
                fetch_soon(calendar_id=calendar.pk)
        messages.success(request, _("They'll be refreshed shortly."))

    def save_model(self, request: HttpRequest, obj: ExternalCalendar, form: Any, change: bool) -> None:
        require_connector(request.user, obj.resource.venue_id)
        values = {name: form.cleaned_data[name] for name in ("name", "interval", "is_active")}
        url = form.cleaned_data.get("url")
        if change:
            change_calendar(calendar_id=obj.pk, changes=values | ({"url": url} if url else {}))
            return
        is_active = values.pop("is_active")
        calendar = add_calendar(resource=obj.resource, url=url, **values)
        obj.pk, obj.venue_id = calendar.pk, calendar.venue_id
        obj.sealed_url, obj.is_active = calendar.sealed_url, is_active
        obj._state.adding = False
        if not is_active:
            change_calendar(calendar_id=calendar.pk, changes={"is_active": False})

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its events are deleted with it, although nobody may delete one by hand."""
        listed, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: ExternalCalendar) -> None:
        remove_calendar(calendar_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ExternalCalendar]) -> None:
        for calendar in queryset.select_related("resource"):
            require_connector(request.user, calendar.resource.venue_id)
            remove_calendar(calendar_id=calendar.pk)


class ReadOnly(VenueScopedAdmin[Any]):
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ExternalEvent)
class ExternalEventAdmin(ReadOnly):
    viewing_roles = MANAGING
    list_display = ("starts_at", "ends_at", "summary", "calendar", "resource", "reservation", "conflict")
    list_filter = (ConflictFilter, OwnVenueFilter)
    list_select_related = ("calendar__resource__venue", "reservation")
    search_fields = ("summary", "calendar__name")
    date_hierarchy = "starts_at"

    @admin.display(description=_("resource"))
    def resource(self, event: ExternalEvent) -> str:
        return event.calendar.resource.name


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ReadOnly):
    """Which feeds exist. Their addresses are the owners' secrets and not shown."""

    viewing_roles = MANAGING
    list_display = ("kind", "resource", "venue", "owner", "created_at", "last_used_at", "revoked_at")
    list_filter = ("kind",)
    list_select_related = ("resource", "venue", "owner")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CalendarFeed]:
        feeds = CalendarFeed.objects.all()
        if request.user.is_superuser:
            return feeds
        own_venues = venue_ids(request.user, *self.viewing_roles)
        return feeds.filter(Q(venue__in=own_venues) | Q(resource__venue__in=own_venues))

    def venue_id(self, feed: CalendarFeed) -> int | None:
        return feed.resource.venue_id if feed.resource else feed.venue_id

    def _has_role(self, request: HttpRequest, obj: Any, *roles: str) -> bool:
        is_allowed = super()._has_role(request, None, *roles)
        return is_allowed and (obj is None or self.get_queryset(request).filter(pk=obj.pk).exists())
