"""A bill's payments on the admin's page of what is paid for."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.checks import InlineModelAdminChecks
from django.core.checks import CheckMessage
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, modelformset_factory
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.templatetags.holdfast import money
from payments.models import Payment


class BillPaymentFormSet(BaseModelFormSet[Any, Any]):
    """Read-only payments of the ``bill`` of ``instance``."""

    def __init__(self, *, instance: Any, queryset: QuerySet[Payment], prefix: str) -> None:
        super().__init__(queryset=queryset.filter(bill=instance.bill_id), prefix=prefix)

    @classmethod
    def get_default_prefix(cls) -> str:
        return "payments"


# Payments have no foreign key to the parent: both point to the bill.
class _BillInlineChecks(InlineModelAdminChecks):
    def _check_exclude_of_parent_model(self, obj: Any, parent_model: Any) -> list[CheckMessage]:
        return []

    def _check_relation(self, obj: Any, parent_model: Any) -> list[CheckMessage]:
        return []


class PaymentInline(admin.TabularInline[Any, Any]):
    """For the admin of any model with a ``bill``."""

    model = Payment
    checks_class = _BillInlineChecks
    formset: Any = BillPaymentFormSet
    fields = readonly_fields = ("created_at", "kind", "money", "provider", "status", "actor", "note")
    extra = 0
    can_delete = False

    @admin.display(description=_("amount"))
    def money(self, payment: Payment) -> str:
        return money(payment.amount, payment.currency)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return modelformset_factory(Payment, formset=BillPaymentFormSet, fields=(), extra=0)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever may see the parent

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
