"""Loans in the admin: all but the purpose and the priority is changed by actions, which call services."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

from accounts.admin_actions import Question, ask_first, shown_version
from accounts.admin_history import HistoryEntry
from accounts.admin_rehearsal import RehearsedForm
from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, run_for_each
from accounts.models import User
from common.clock import now
from common.errors import Forbidden, InvalidInput
from common.templatetags.holdfast import moment, zone_words
from common.venues import MANAGING
from lending import services
from lending.enums import Status
from lending.models import Loan, LoanEvent
from lending.permissions import can_manage
from reservations.domain.values import Actor
from reservations.enums import Source

MOST_FOUND = 100


class LoanForm(RehearsedForm[Loan]):
    actor: Actor  # of the request, set by the admin

    class Meta:
        model = Loan
        fields = ("purpose", "priority")

    def carry_out(self) -> Loan:
        changes = {name: self.cleaned_data[name] for name in self.changed_data}
        if not changes:
            return self.instance
        return services.edit_loan(loan_id=self.instance.uuid, actor=self.actor, **changes)

    # The service writes and checks; the model's checks would only repeat its rules.
    def _post_clean(self) -> None:
        pass

    def save(self, commit: bool = True) -> Loan:
        return self.instance

    def save_m2m(self) -> None: ...


class OverdueFilter(admin.SimpleListFilter):
    title = _("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Loan]) -> QuerySet[Loan]:
        is_overdue = Q(status=Status.OUT, due_at__lt=now())
        return queryset.filter(is_overdue) if self.value() == "1" else queryset


class EventInline(admin.TabularInline[LoanEvent, Loan]):
    model = LoanEvent
    fields = ("at", "kind", "actor", "source", "what_changed")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever may see the loan above

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("changes"))
    def what_changed(self, event: LoanEvent) -> str:
        return "; ".join(list_changes(event)) or "–"


def list_changes(event: LoanEvent) -> Iterator[str]:
    for name, change in event.changes.items():
        old_and_new = change if isinstance(change, list) and len(change) == 2 else None
        yield f"{name}: {old_and_new[0]} → {old_and_new[1]}" if old_and_new else f"{name}: {change}"


class LoanAdmin(VenueScopedAdmin[Loan]):
    viewing_roles = changing_roles = MANAGING
    form = LoanForm
    list_display = (*("thing", "who", "state", "copy", "requested_at", "due_at"),)
    list_filter = (OwnVenueFilter, "status", OverdueFilter, "skip_reason")
    search_fields = ("borrower__email",)
    search_help_text = _("Name, email address, thing or code of the copy")
    date_hierarchy = "requested_at"
    ordering = ("-id",)
    list_per_page = 50
    inlines = (EventInline,)
    fieldsets = (
        (None, {"fields": ("venue", "thing", "copy", "borrower", "units", "status", "purpose", "priority")}),
        (
            _("Times"),
            {
                "fields": (
                    *("wanted_from", "wanted_until", "period", "requested_at", "approved_at"),
                    *("handed_out_at", "due_at", "valid_until", "recalled_at", "ended_at"),
                )
            },
        ),
        (
            _("Queue"),
            {"fields": ("next_at", "suspended_until", "skip_reason", "skipped_at", "skips", "renewals_used")},
        ),
        (
            _("Handing over"),
            {
                "fields": (
                    *("accessories", "condition_out", "missing", "condition_in", "reason"),
                    *("requested_by", "decided_by", "desk"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Loan]:
        return super().get_queryset(request).select_related("venue", "resource", "group", "borrower", "copy")

    def get_readonly_fields(self, request: HttpRequest, obj: Loan | None = None) -> tuple[str, ...]:
        return tuple(name for name in flatten_fieldsets(self.fieldsets) if name not in LoanForm.Meta.fields)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class: Any = super().get_form(request, obj, change, **kwargs)
        form_class.actor = actor_of(request)
        return form_class

    def save_model(self, request: HttpRequest, obj: Loan, form: Any, change: bool) -> None:
        obj.__dict__.update(form.carry_out().__dict__)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, Loan) and obj.status not in UNFINISHED:
            return False
        return super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # the desk lends on behalf of people

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Loan], search_term: str
    ) -> tuple[QuerySet[Loan], bool]:
        text = search_term.replace("\x00", "")
        for word in text.split()[:5]:
            queryset = queryset.filter(
                Q(borrower__email__istartswith=word)
                | Q(borrower__first_name__istartswith=word)
                | Q(borrower__last_name__istartswith=word)
                | Q(resource__name__icontains=word)
                | Q(group__name__icontains=word)
                | Q(copy__code__iexact=word)
            )
        return queryset, False

    def list_history(self, row: Loan) -> list[HistoryEntry]:
        events = row.events.select_related("actor").order_by("-id")
        return [
            HistoryEntry(event.at, event.actor, event.get_kind_display(), list_changes(event))
            for event in events
        ]

    @admin.display(description=_("what"))
    def thing(self, loan: Loan) -> str:
        return loan.thing.name

    @admin.display(description=_("who"), ordering="borrower__last_name")
    def who(self, loan: Loan) -> str:
        return loan.who

    @admin.display(description=_("status"), ordering="status")
    def state(self, loan: Loan) -> str:
        """And why they were passed over."""
        return " · ".join(filter(None, (loan.get_status_display(), loan.get_skip_reason_display())))

    @admin.display(description=_("at the desk"))
    def desk(self, loan: Loan) -> str:
        address = reverse("lend-desk-loan", args=[loan.venue.slug, loan.uuid])
        return format_html('<a href="{}">{}</a>', address, pgettext("action", "Open"))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        offered = super().get_actions(request)
        if not self.has_change_permission(request):
            return offered
        return offered | {name: (_make_action(name), name, act.label) for name, act in ACTIONS.items()}

    def run(self, request: HttpRequest, rows: QuerySet[Loan], name: str) -> HttpResponse | None:
        action = ACTIONS[name]
        question = Question(name, action.label, action.tell, action.has_reason, lambda loan: loan.version)
        if asked := ask_first(self, request, rows, question):
            return asked

        def act(loan: Loan) -> None:
            if not can_manage(request.user, loan):
                raise Forbidden
            reason = {"reason": request.POST.get("reason", "")} if action.has_reason else {}
            if action.needs_reason and not reason["reason"].strip():
                raise InvalidInput(fields={"reason": [_("Enter a reason.")]})
            version = None if loan.valid_until else shown_version(request, loan)
            action.service(
                loan_id=loan.uuid, actor=actor_of(request), version=version, **reason, **action.fixed
            )

        if changed := run_for_each(request, rows, act):
            text = ngettext("%d loan changed.", "%d loans changed.", changed)
            messages.success(request, text % changed)
        return None


UNFINISHED = (Status.REQUESTED, Status.APPROVED, Status.OUT)


@dataclass(frozen=True, slots=True)
class BulkAction:
    label: str | Promise
    service: Callable[..., Loan]
    from_statuses: tuple[Status, ...]
    has_reason: bool = False
    needs_reason: bool = False
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def tell(self, loan: Loan) -> Iterator[str | Promise]:
        """What it would do to one."""
        yield f"{loan.thing.name} · {loan.who}"
        if loan.status not in self.from_statuses:
            yield _("Not possible: %(reason)s") % {"reason": loan.get_status_display()}
        elif loan.due_at:
            due, zone = moment(loan.due_at.astimezone(loan.venue.zone)), zone_words(loan.venue.zone_name)
            yield _("Due %(when)s") % {"when": f"{due} ({zone})"}


ACTIONS = {
    "approve": BulkAction(_("Approve"), services.approve_loan, (Status.REQUESTED,)),
    "decline": BulkAction(_("Decline"), services.decline_loan, (Status.REQUESTED,), True, True),
    "hand_out": BulkAction(_("Hand out"), services.hand_out, (Status.APPROVED,)),
    "take_back": BulkAction(_("Take back"), services.return_loan, (Status.OUT,), fixed={"by_staff": True}),
    "force_return": BulkAction(_("End without the borrower"), services.force_return, (Status.OUT,), True),
    "recall": BulkAction(_("Recall"), services.recall_loan, (Status.OUT,), True),
    "mark_lost": BulkAction(_("Mark as lost"), services.mark_lost, (Status.OUT,), True),
    "mark_found": BulkAction(_("Mark as found"), services.mark_found, (Status.LOST,)),
    "cancel": BulkAction(_("Cancel"), services.cancel_loan, (Status.REQUESTED, Status.APPROVED), True),
}


def _make_action(name: str) -> Callable[..., HttpResponse | None]:
    def act(model_admin: LoanAdmin, request: HttpRequest, rows: QuerySet[Loan]) -> HttpResponse | None:
        return model_admin.run(request, rows, name)

    return act


def actor_of(request: HttpRequest) -> Actor:
    return Actor(request.user if isinstance(request.user, User) else None, Source.STAFF)
