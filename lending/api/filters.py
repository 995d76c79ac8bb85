from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.parsing import parse_flag, parse_instant, parse_uuid, refuse
from lending.enums import CopyState, Status
from lending.models import Copy, Loan
from lending.querysets import LoanQuerySet
from resources.filters import ResourceRowFilter
from resources.lookups import by_id_or_slug


class TextFilter(django_filters.CharFilter):  # type: ignore[misc]
    def __init__(self, method: str, label: Any, most: int = 100) -> None:
        super().__init__(method=method, label=label, max_length=most)


class LoanFilter(django_filters.FilterSet):  # type: ignore[misc]
    mine = TextFilter("of_oneself", _("true: one's own; false: those of others"))
    venue = TextFilter("at_venue", _("Id or address name of a venue"))
    resource_id = TextFilter("of_resource", _("Id or address name of a resource"))
    group_id = TextFilter("of_group", _("Id of a group"))
    status = TextFilter("in_status", _("One or more of the statuses"), 200)
    overdue = TextFilter("is_overdue", _("true: should be back by now; false: all others"))
    due_before = TextFilter("before", _("Out, and due before this time"))
    ordering = django_filters.OrderingFilter(
        fields=(("requested_at", "requested_at"), ("due_at", "due_at"), ("ended_at", "ended_at")),
        label=_("Order; with - in front, descending"),
    )

    class Meta:
        model = Loan
        fields = ()

    def filter_queryset(self, queryset: LoanQuerySet) -> LoanQuerySet:
        ordered: LoanQuerySet = super().filter_queryset(queryset)
        return ordered.order_by(*(ordered.query.order_by or ("-requested_at",)), "-id")

    def of_oneself(self, queryset: LoanQuerySet, name: str, value: str) -> LoanQuerySet:
        own = {"borrower": self.request.user.pk}
        return queryset.filter(**own) if parse_flag(value, name) else queryset.exclude(**own)

    def at_venue(self, queryset: LoanQuerySet, name: str, value: str) -> LoanQuerySet:
        return queryset.filter(by_id_or_slug(value, "venue__"))

    def of_resource(self, queryset: LoanQuerySet, name: str, value: str) -> LoanQuerySet:
        return queryset.filter(by_id_or_slug(value, "resource__"))

    def of_group(self, queryset: LoanQuerySet, name: str, value: str) -> LoanQuerySet:
        return queryset.filter(group__uuid=parse_uuid(value, name))

    def in_status(self, queryset: LoanQuerySet, name: str, value: str) -> LoanQuerySet:
        wanted = {status.strip() for status in value.split(",") if status.strip()}
        if not wanted <= set(Status.values):
            refuse(name, _("Choose from: %(known)s.") % {"known": ", ".join(Status.values)})
        return queryset.filter(status__in=wanted)

    def is_overdue(self, queryset: LoanQuerySet, name: str, value: str) -> LoanQuerySet:
        late = {"status": Status.OUT, "due_at__lt": now()}
        return queryset.filter(**late) if parse_flag(value, name) else queryset.exclude(**late)

    def before(self, queryset: LoanQuerySet, name: str, value: str) -> LoanQuerySet:
        return queryset.out().filter(due_at__lt=parse_instant(value, name))


class CopyFilter(ResourceRowFilter):
    code = django_filters.CharFilter(field_name="code", label=_("Code"), max_length=50)
    state = django_filters.ChoiceFilter(choices=CopyState.choices, label=_("State"))

    class Meta:
        model = Copy
        fields = ("code", "state")
