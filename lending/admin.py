from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_actions import Question, ask_first
from accounts.admin_rehearsal import RehearsedForm
from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, run_for_each, venue_ids
from common.forms import NumbersField
from lending import services
from lending.admin_loans import LoanAdmin
from lending.desk_forms import LinesField
from lending.enums import CopyState
from lending.models import Copy, Lendable, LendingRules, Loan
from resources.enums import Role

admin.site.register(Loan, LoanAdmin)


class PlainNumbersField(NumbersField):
    """Of a column that holds a list; every one of these rules does."""

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        super().__init__(max_length=100, **kwargs | {"show_hidden_initial": False})


@admin.register(LendingRules)
class LendingRulesAdmin(VenueScopedAdmin[LendingRules]):
    list_display = ("name", "venue", "loan_period", "lease", "approval", "queue_rule", "audience")
    list_filter = (OwnVenueFilter, "approval", "queue_rule", "audience")
    list_select_related = ("venue",)
    search_fields = ("name",)
    formfield_overrides = {models.JSONField: {"form_class": PlainNumbersField}}
    fieldsets = (
        (None, {"fields": ("venue", "name", "audience", "names_shown")}),
        (
            _("Length"),
            {"fields": ("loan_period", "longest", "renewals", "renew_while_wanted")},
        ),
        (_("Handing over"), {"fields": ("approval", "pickup_window", "return_by", "service_time")}),
        (_("Leases"), {"fields": ("lease", "queue_lease")}),
        (_("Queue"), {"fields": ("queue_rule", "half_life_days", "fair_cap_hours", "overtakes")}),
        (_("Limits"), {"fields": ("max_out", "max_waiting", "overdue_blocks", "horizon_days")}),
        (_("Reminders"), {"fields": ("reminder_hours", "chaser_days")}),
    )


class _Written(RehearsedForm[Any]):
    """The service writes and checks; the model's checks would only repeat its rules."""

    def _post_clean(self) -> None:
        pass

    def save(self, commit: bool = True) -> Any:
        return self.instance

    def save_m2m(self) -> None: ...


class LendableForm(_Written):
    accessories = LinesField()

    class Meta:
        model = Lendable
        fields = ("resource", "rules", "accessories", "value")

    def carry_out(self) -> Lendable:
        data = self.cleaned_data
        if self.instance._state.adding:
            return services.make_lendable(
                resource=data["resource"],
                rules=data["rules"],
                accessories=data["accessories"],
                value=data["value"],
            )
        return services.change_lendable(
            lendable=self.instance,
            rules=data["rules"],
            accessories=data["accessories"],
            value=data["value"],
        )


class _ByService(VenueScopedAdmin[Any]):
    """Its form's service writes the row."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.__dict__.update(form.carry_out().__dict__)


@admin.register(Lendable)
class LendableAdmin(_ByService):
    form = LendableForm
    list_display = ("resource", "rules", "venue", "value")
    list_filter = (OwnVenueFilter, ("rules", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("venue", "resource", "rules")
    search_fields = ("resource__name",)
    ordering = ("resource__name",)
    actions = ("stop_lending",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("venue", "resource") if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what is out must come back first: an action asks

    @admin.action(description=_("Stop lending"), permissions=("change",))
    def stop_lending(self, request: HttpRequest, rows: QuerySet[Lendable]) -> HttpResponse | None:
        if asked := ask_first(self, request, rows, STOP):
            return asked
        own = rows.filter(venue__in=venue_ids(request.user, Role.MANAGER))
        stopped = run_for_each(request, own, lambda row: services.stop_lending(lendable=row))
        if stopped:
            text = ngettext("%d thing is no longer lent.", "%d things are no longer lent.", stopped)
            messages.success(request, text % stopped)
        return None


STOP = Question("stop_lending", _("Stop lending"), lambda row: [_("What was lent stays in the history")])


class CopyForm(_Written):
    class Meta:
        model = Copy
        fields = ("resource", "code", "name", "state", "note")

    def carry_out(self) -> Copy:
        data = self.cleaned_data
        state = CopyState(data["state"])
        if self.instance._state.adding:
            return services.add_copy(
                resource=data["resource"],
                code=data["code"],
                name=data["name"],
                state=state,
                note=data["note"],
            )
        return services.change_copy(copy=self.instance, state=state, name=data["name"], note=data["note"])


@admin.register(Copy)
class CopyAdmin(_ByService):
    form = CopyForm
    list_display = ("code", "name", "resource", "state", "venue")
    list_filter = (OwnVenueFilter, "state", ("resource", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("venue", "resource")
    search_fields = ("code", "name")
    actions = ("remove_copies",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A code is printed on a label, and loans point at it."""
        return ("venue", "resource", "code") if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # the thing has as many units as copies: an action counts them anew

    @admin.action(description=_("Remove copies that were never lent"), permissions=("change",))
    def remove_copies(self, request: HttpRequest, rows: QuerySet[Copy]) -> None:
        own = rows.filter(venue__in=venue_ids(request.user, Role.MANAGER)).select_related("resource")
        removed = run_for_each(request, list(own), lambda row: services.remove_copy(copy=row))
        if removed:
            text = ngettext("%d copy removed.", "%d copies removed.", removed)
            messages.success(request, text % removed)
