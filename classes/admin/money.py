"""Passes, and what facilitators get: sold, paid, extended, ended and settled by services."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_actions import Question, ask_first, shown_version
from accounts.admin_scope import OwnVenueFilter, run_for_each
from accounts.models import User
from classes.admin.shared import RecordAdmin, ServiceAdmin, WrittenForm, actor_of
from classes.models import Pass, PassUse, Payout
from classes.pass_balance import count_left
from classes.permissions import can_settle_pay, manages_classes
from classes.services import (
    end_pass,
    extend_pass,
    record_pass_payment,
    return_credit,
    sell_pass,
    settle_payouts,
    work_out_payouts,
)
from common.errors import Forbidden
from common.templatetags.holdfast import money
from common.venues import Role
from reservations.domain.values import SYSTEM
from reservations.exceptions import StaleVersion


class PassForm(WrittenForm):
    """Sold to whoever has an account; later nothing but its last day changes."""

    person = forms.CharField(
        label=_("Email address or user name"), max_length=254, help_text=_("Of the account that uses it.")
    )
    is_paid = forms.BooleanField(
        label=_("Paid"), required=False, help_text=_("You have taken the money. Else it waits to be paid.")
    )

    # Of one showing of the form: sent twice, it is one pass.
    key = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput, initial=uuid4)

    class Meta:
        model = Pass
        fields = ("kind", "expires_on")

    def clean_person(self) -> User:
        person = User.objects.with_login(self.cleaned_data["person"])
        if person is None or not person.is_active:
            raise ValidationError(_("There's no account with this email address or user name."))
        return person

    def carry_out(self) -> Pass:
        data = self.cleaned_data
        if not self.instance._state.adding:
            return extend_pass(pass_id=self.instance.pk, expires_on=data["expires_on"])
        return sell_pass(
            kind_id=data["kind"].pk,
            customer=data["person"],
            actor=self.actor,
            is_paid=data["is_paid"],
            idempotency_key=data["key"],
        )


@admin.register(Pass)
class PassAdmin(ServiceAdmin):
    form = PassForm
    list_display = ("customer", "kind", "venue", "left", "amount", "expires_on", "paid_at", "ended_at")
    list_filter = (OwnVenueFilter, ("kind", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("venue", "kind", "customer")
    ordering = ("-id",)
    search_fields = ("customer__email",)
    actions = ("record_payment", "end")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("kind", "person", "is_paid", "key")
        return (*self.get_readonly_fields(request, obj), *self._open(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        shown = ("venue", "kind", "customer", "left", "amount", "sold_at", "paid_at", "ended_at")
        return shown if self._open(request, obj) else (*shown, "expires_on")

    def _open(self, request: HttpRequest, obj: Any) -> tuple[str, ...]:
        return ("expires_on",) if self.has_change_permission(request, obj) else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            kwargs["form"] = ExtendForm
        return super().get_form(request, obj, change, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, Pass) and obj.ended_at:
            return False
        return super().has_change_permission(request, obj)

    @admin.display(description=_("credits left"))
    def left(self, sold: Pass) -> str:
        return f"{count_left([sold])[sold.pk]} / {sold.credits}"

    @admin.display(description=_("price"), ordering="price")
    def amount(self, sold: Pass) -> str:
        return money(sold.price, sold.currency)

    @admin.action(description=_("Record a payment"), permissions=("change",))
    def record_payment(self, request: HttpRequest, rows: QuerySet[Pass]) -> HttpResponse | None:
        if asked := ask_first(self, request, rows, PAY):
            return asked

        def act(sold: Pass) -> None:
            _require_staff(request, sold.venue_id)
            record_pass_payment(pass_id=sold.pk, actor=actor_of(request))

        if done := run_for_each(request, rows, act):
            messages.success(request, ngettext("%d pass paid.", "%d passes paid.", done) % done)
        return None

    @admin.action(description=_("End"), permissions=("change",))
    def end(self, request: HttpRequest, rows: QuerySet[Pass]) -> HttpResponse | None:
        if asked := ask_first(self, request, rows, END):
            return asked

        def act(sold: Pass) -> None:
            _require_staff(request, sold.venue_id)
            end_pass(pass_id=sold.pk, actor=actor_of(request))

        if done := run_for_each(request, rows, act):
            messages.success(request, ngettext("%d pass ended.", "%d passes ended.", done) % done)
        return None


class ExtendForm(PassForm):
    person = None  # type: ignore[assignment]
    is_paid = None  # type: ignore[assignment]
    key = None  # type: ignore[assignment]


def _require_staff(request: HttpRequest, venue_id: int) -> None:
    if not manages_classes(request.user, venue_id):
        raise Forbidden


def _tell_payment(sold: Pass) -> Iterator[str | Promise]:
    yield _("Paid already") if sold.paid_at else money(sold.price, sold.currency)


def _tell_end(sold: Pass) -> Iterator[str | Promise]:
    _pass, refund = end_pass(pass_id=sold.pk, actor=SYSTEM, dry_run=True)
    yield _("%(amount)s is refunded") % {"amount": money(refund, sold.currency)}


PAY = Question("record_payment", _("Record a payment"), _tell_payment)
END = Question("end", _("End"), _tell_end)


@admin.register(PassUse)
class PassUseAdmin(RecordAdmin):
    list_display = ("used_pass", "customer", "session", "credits", "used_at", "returned_at")
    list_filter = (OwnVenueFilter,)
    list_select_related = ("venue", "used_pass__customer", "booking__session")
    ordering = ("-id",)
    search_fields = ("used_pass__customer__email",)
    fields = ("venue", "used_pass", "customer", "session", "credits", "used_at", "returned_at")
    actions = ("give_back",)

    @admin.display(description=_("account"))
    def customer(self, use: PassUse) -> str:
        return use.used_pass.customer.email

    @admin.display(description=_("session"))
    def session(self, use: PassUse) -> str:
        return use.booking.session.title

    @admin.action(description=_("Return credits"), permissions=("change",))
    def give_back(self, request: HttpRequest, rows: QuerySet[PassUse]) -> None:
        def act(use: PassUse) -> None:
            _require_staff(request, use.venue_id)
            return_credit(use_id=use.pk)

        if done := run_for_each(request, rows.filter(returned_at=None), act):
            text = ngettext("Credits of %d use returned.", "Credits of %d uses returned.", done)
            messages.success(request, text % done)


class SettledFilter(admin.SimpleListFilter):
    title = _("settled")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Open")), ("yes", _("Settled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(settled_at__isnull=self.value() == "no")


@admin.register(Payout)
class PayoutAdmin(RecordAdmin):
    viewing_roles = changing_roles = (Role.MANAGER,)
    list_display = ("facilitator", "session", "venue", "sum", "settled_at")
    list_filter = (OwnVenueFilter, SettledFilter)
    list_select_related = ("venue", "facilitator", "session")
    ordering = ("-id",)
    search_fields = ("facilitator__name", "session__title")
    fields = ("venue", "session", "facilitator", "sum", "shown_lines", "settled_at", "settled_by")
    actions = ("settle", "work_out")

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, payout: Payout) -> str:
        return money(payout.amount, payout.currency)

    @admin.display(description=_("lines"))
    def shown_lines(self, payout: Payout) -> str:
        return "; ".join(f"{line['kind']} {line['of']}: {line['amount']}" for line in payout.lines) or "–"

    @admin.action(description=_("Mark as settled"), permissions=("change",))
    def settle(self, request: HttpRequest, rows: QuerySet[Payout]) -> HttpResponse | None:
        if asked := ask_first(self, request, rows, SETTLE):
            return asked

        def act(payout: Payout) -> None:
            _require_pay(request, payout)
            shown = shown_version(request, payout)
            if shown is None:
                raise StaleVersion
            seen = {payout.pk: Decimal(shown).scaleb(-PLACES)}
            settle_payouts(payout_ids=[payout.pk], actor=actor_of(request), seen=seen)

        if done := run_for_each(request, rows, act):
            messages.success(request, ngettext("%d payout settled.", "%d payouts settled.", done) % done)
        return None

    @admin.action(description=_("Work out anew"), permissions=("change",))
    def work_out(self, request: HttpRequest, rows: QuerySet[Payout]) -> None:
        def act(payout: Payout) -> None:
            _require_pay(request, payout)
            work_out_payouts(session_ids=[payout.session_id])

        if done := run_for_each(request, rows.filter(settled_at=None), act):
            text = ngettext("%d payout worked out anew.", "%d payouts worked out anew.", done)
            messages.success(request, text % done)


def _require_pay(request: HttpRequest, payout: Payout) -> None:
    if not can_settle_pay(request.user, payout.venue_id):
        raise Forbidden


def _tell_settle(payout: Payout) -> Iterator[str | Promise]:
    yield _("Settled already") if payout.settled_at else money(payout.amount, payout.currency)


PLACES = 4
"""Of amounts as they are stored: what the page has shown of a payout is its amount, as a whole number."""
SETTLE = Question(
    "settle", _("Mark as settled"), _tell_settle, version_of=lambda payout: int(payout.amount.scaleb(PLACES))
)
