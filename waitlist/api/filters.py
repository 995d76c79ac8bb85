import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput
from common.parsing import parse_date, parse_uuid, refuse
from common.phones import phone_search
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry
from waitlist.querysets import QUEUE_ORDER, WaitlistQuerySet

ORDERINGS = {
    "priority": QUEUE_ORDER,
    "date": ("preferred_on", *QUEUE_ORDER),
    "-date": ("-preferred_on", *QUEUE_ORDER),
    "created_at": ("created_at", "id"),
    "-created_at": ("-created_at", "id"),
}


def text_filter(method: str, longest: int) -> django_filters.CharFilter:
    return django_filters.CharFilter(method=method, max_length=longest)


class WaitlistFilter(django_filters.FilterSet):  # type: ignore[misc]
    date = text_filter("on_date", 40)
    date_from = text_filter("from_date", 40)
    date_to = text_filter("to_date", 40)
    resource_id = text_filter("for_resource", 100)
    group_id = text_filter("for_group", 100)
    venue = text_filter("at_venue", 100)
    status = text_filter("with_status", 100)
    q = text_filter("matching", 200)
    ordering = django_filters.ChoiceFilter(method="ordered", choices=[(name, name) for name in ORDERINGS])

    class Meta:
        model = WaitlistEntry
        fields = ()

    def on_date(self, queryset: WaitlistQuerySet, name: str, value: str) -> WaitlistQuerySet:
        return queryset.filter(preferred_on=parse_date(value, name))

    def from_date(self, queryset: WaitlistQuerySet, name: str, value: str) -> WaitlistQuerySet:
        return queryset.filter(preferred_on__gte=parse_date(value, name))

    def to_date(self, queryset: WaitlistQuerySet, name: str, value: str) -> WaitlistQuerySet:
        return queryset.filter(preferred_on__lte=parse_date(value, name))

    def for_resource(self, queryset: WaitlistQuerySet, name: str, value: str) -> WaitlistQuerySet:
        return queryset.filter(_by_id_or_slug("resource", value))

    def for_group(self, queryset: WaitlistQuerySet, name: str, value: str) -> WaitlistQuerySet:
        return queryset.filter(group__uuid=parse_uuid(value, name))

    def at_venue(self, queryset: WaitlistQuerySet, name: str, value: str) -> WaitlistQuerySet:
        return queryset.filter(_by_id_or_slug("venue", value))

    def with_status(self, queryset: WaitlistQuerySet, name: str, value: str) -> WaitlistQuerySet:
        requested = {status.strip() for status in value.split(",") if status.strip()}
        statuses = WaitlistStatus.values
        if not requested <= set(statuses):
            refuse(name, _("Choose from: %(known)s.") % {"known": ", ".join(statuses)})
        return queryset.filter(status__in=requested)

    def matching(self, queryset: WaitlistQuerySet, name: str, value: str) -> WaitlistQuerySet:
        if by_phone := phone_search("customer_phone", value):
            return queryset.filter(by_phone)
        for word in value.split()[:10]:
            queryset = queryset.filter(Q(customer_name__icontains=word) | Q(customer_email__icontains=word))
        return queryset

    def ordered(self, queryset: WaitlistQuerySet, name: str, value: str) -> WaitlistQuerySet:
        return queryset.order_by(*ORDERINGS[value])


def _by_id_or_slug(path: str, value: str) -> Q:
    try:
        return Q(**{f"{path}__uuid": parse_uuid(value)})
    except InvalidInput:
        return Q(**{f"{path}__slug": value})
