"""Who leads sessions: added and approved by managers, who also say what they get."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_actions import Question, ask_first
from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, run_for_each
from classes.admin.offers import OTHER_VENUE
from classes.admin.shared import ServiceAdmin, WrittenForm, names_one_of
from classes.models import Facilitator, PayRate
from classes.permissions import can_approve
from classes.services import (
    approve_facilitator,
    change_profile,
    decline_facilitator,
    follow_pay_rate,
    register_facilitator,
    set_pay_rate,
)
from common.errors import Forbidden
from common.venues import Role
from resources.models import Venue

PROFILE = ("name", "bio", "specialization", "is_public", "default_place")


class FacilitatorForm(WrittenForm):
    class Meta:
        model = Facilitator
        fields = ("venue", "user", *PROFILE, "pay_rate")

    def clean(self) -> dict[str, Any] | None:
        # Managers of several venues are offered the studios and rates of all of them.
        venue = self._find_venue()
        for name in ("default_place", "pay_rate"):
            row = self.cleaned_data.get(name)
            if venue is not None and not names_one_of(row, venue.pk):
                self.add_error(name, OTHER_VENUE)
        user = self.cleaned_data.get("user")
        if venue is not None and user is not None and not self._works_at(user, venue):
            self.add_error("user", _("Choose someone of the venue's team."))
        return super().clean()

    def _find_venue(self) -> Venue | None:
        return self.cleaned_data.get("venue") if self.instance._state.adding else self.instance.venue

    def _works_at(self, user: Any, venue: Venue) -> bool:
        return bool(Venue.objects.staffed_by(user).filter(pk=venue.pk).exists())

    def carry_out(self) -> Facilitator:
        data = self.cleaned_data
        row = self.instance
        if row._state.adding:
            row = register_facilitator(venue=data["venue"], user=data["user"], is_approved=True)
        profile = {
            name: data[name] for name in PROFILE if name in data and (data[name] or name == "is_public")
        }
        row = change_profile(facilitator=row, **profile)
        return set_pay_rate(facilitator=row, pay_rate=data["pay_rate"]) if "pay_rate" in data else row


class WaitsFilter(admin.SimpleListFilter):
    title = _("approval")
    parameter_name = "approved"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Awaiting approval")), ("yes", _("Approved"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(approved_at__isnull=self.value() == "no")


@admin.register(Facilitator)
class FacilitatorAdmin(ServiceAdmin):
    form = FacilitatorForm
    changing_roles = (Role.MANAGER,)
    list_display = ("name", "user", "venue", "specialization", "is_public", "approved_at")
    list_filter = (OwnVenueFilter, WaitsFilter, "is_public")
    list_select_related = ("venue", "user")
    search_fields = ("name", "user__email")
    actions = ("approve", "decline")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return FacilitatorForm.Meta.fields
        # What somebody earns is for managers.
        hidden = () if can_approve(request.user, obj.venue_id) else ("pay_rate",)
        fields = (*FacilitatorForm.Meta.fields, "approved_at", "created_at")
        return tuple(name for name in fields if name not in hidden)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        return ("venue", "user", "approved_at", "created_at")

    @admin.action(description=_("Approve"), permissions=("change",))
    def approve(self, request: HttpRequest, rows: QuerySet[Facilitator]) -> None:
        def act(row: Facilitator) -> None:
            _require_manager(request, row)
            approve_facilitator(facilitator=row)

        if done := run_for_each(request, rows.filter(approved_at=None), act):
            text = ngettext("%d facilitator approved.", "%d facilitators approved.", done)
            messages.success(request, text % done)

    @admin.action(description=_("Decline"), permissions=("change",))
    def decline(self, request: HttpRequest, rows: QuerySet[Facilitator]) -> HttpResponse | None:
        if asked := ask_first(self, request, rows, DECLINE):
            return asked

        def act(row: Facilitator) -> None:
            _require_manager(request, row)
            decline_facilitator(facilitator=row)

        if done := run_for_each(request, rows, act):
            text = ngettext("%d facilitator declined.", "%d facilitators declined.", done)
            messages.success(request, text % done)
        return None


def _describe_decline(row: Facilitator) -> list[Any]:
    return [_("Approved already") if row.is_approved else _("Their profile is removed; they may ask again")]


DECLINE = Question("decline", _("Decline"), _describe_decline)


def _require_manager(request: HttpRequest, row: Facilitator) -> None:
    if not can_approve(request.user, row.venue_id):
        raise Forbidden


@admin.register(PayRate)
class PayRateAdmin(VenueScopedAdmin[PayRate]):
    viewing_roles = (Role.MANAGER,)
    list_display = ("name", "venue", "base", "per_head", "percent", "counts")
    list_filter = (OwnVenueFilter, "counts")
    list_select_related = ("venue",)
    search_fields = ("name",)

    def save_model(self, request: HttpRequest, obj: PayRate, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            follow_pay_rate(obj)
            messages.warning(request, _("What is settled stays as it was; the rest is worked out anew."))
