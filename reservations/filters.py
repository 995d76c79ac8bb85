from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from common.addresses import normal_email
from common.clock import now
from common.errors import InvalidInput
from common.parsing import parse_date, parse_flag, parse_instant, parse_uuid, refuse
from common.phones import phone_search
from reservations.enums import Purpose, Source, Status
from reservations.models import Reservation, ReservationItem
from reservations.querysets import ReservationQuerySet
from resources.enums import ResourceKind
from resources.filters import MOST_FEATURES, CountFilter
from resources.models import Resource, Venue
from scheduling.zones import day_span, from_minute

MOST_NAMES = 50
BY_START = {"status": ("starts_at",), "-status": ("-starts_at",)}
"""As an index has them."""


class TextFilter(django_filters.CharFilter):  # type: ignore[misc]
    def __init__(self, method: str, label: Any) -> None:
        super().__init__(method=method, label=label, max_length=2000)


class ReservationFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Dates are local to each reservation's venue and mean its start; lists are separated by commas."""

    date = TextFilter("on_date", _("Starts on this local date"))
    date_from = TextFilter("from_date", _("Starts on this local date or later"))
    start_date = TextFilter("from_date", _("The same as date_from"))
    date_to = TextFilter("to_date", _("Starts on this local date or earlier"))
    end_date = TextFilter("to_date", _("The same as date_to"))
    starts_before = TextFilter("before", _("Starts before this time"))
    ends_after = TextFilter("after", _("Ends after this time"))
    status = TextFilter("in_status", _("One or more of the statuses"))
    resource_id = TextFilter("with_resource", _("Ids or address names of resources"))
    venue = TextFilter("at_venue", _("Id or address name of a venue"))
    user_id = TextFilter("of_user", _("Account ID or email address"))
    user = TextFilter("of_user", _("The same as user_id"))
    kind = django_filters.ChoiceFilter(
        choices=ResourceKind.choices, method="with_kind", label=_("Kind of resource")
    )
    type = django_filters.ChoiceFilter(
        choices=ResourceKind.choices, method="with_kind", label=_("The same as kind")
    )
    features = TextFilter("with_features", _("Resource has all of these features"))
    capacity = CountFilter(method="with_capacity", label=_("Resource for at least this many people"))
    q = TextFilter("matching", _("Code, name, email address, phone or title"))
    code = TextFilter("with_code", _("Confirmation code"))
    source = django_filters.ChoiceFilter(choices=Source.choices, label=_("Where it was booked"))
    purpose = django_filters.ChoiceFilter(choices=Purpose.choices, label=_("Booking, event or block"))
    series_id = django_filters.UUIDFilter(field_name="series_id", label=_("Series"))
    upcoming = TextFilter("in_future", _("true: not over yet; false: over"))
    ordering = django_filters.OrderingFilter(
        fields=(
            ("starts_at", "date"),
            ("created_at", "created_at"),
            ("status", "status"),
            ("total_amount", "price"),
            ("party_size", "party_size"),
            ("code", "code"),
        ),
        label=_("Order; with - in front, descending"),
    )

    class Meta:
        model = Reservation
        fields = ("source",)

    def filter_queryset(self, queryset: ReservationQuerySet) -> ReservationQuerySet:
        ordered: ReservationQuerySet = super().filter_queryset(queryset)
        order = ordered.query.order_by or ("starts_at",)
        return ordered.order_by(*order, *BY_START.get(str(order[0]), ()), "id")

    def on_date(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        day = parse_date(value, name)
        return queryset.filter(
            _local_day_condition(day, "starts_at__gte", first=True)
            & _local_day_condition(day, "starts_at__lt")
        )

    def from_date(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        return queryset.filter(_local_day_condition(parse_date(value, name), "starts_at__gte", first=True))

    def to_date(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        return queryset.filter(_local_day_condition(parse_date(value, name), "starts_at__lt"))

    def before(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        return queryset.filter(starts_at__lt=parse_instant(value, name))

    def after(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        return queryset.filter(ends_at__gt=parse_instant(value, name))

    def in_status(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        statuses = _split_names(value, name)
        if unknown := [status for status in statuses if status not in Status.values]:
            refuse(name, _("Unknown status %(name)s.") % {"name": unknown[0][:50]})
        return queryset.filter(status__in=statuses)

    def with_resource(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        ids, slugs = _split_ids_and_slugs(_split_names(value, name))
        return _with_booked(queryset, Q(resource__uuid__in=ids) | Q(resource__slug__in=slugs))

    def at_venue(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        ids, slugs = _split_ids_and_slugs(_split_names(value, name))
        return queryset.filter(Q(venue__uuid__in=ids) | Q(venue__slug__in=slugs))

    def of_user(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        if "@" in value:
            return queryset.filter(customer_email=normal_email(value))
        return queryset.filter(customer_id=parse_uuid(value, name))

    def with_kind(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        return _with_booked(queryset, Q(resource__kind=value))

    def with_features(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        links = Resource.features.through.objects.filter(resource_id=OuterRef("resource_id"))
        has_features = Q()
        for slug in _split_names(value, name)[:MOST_FEATURES]:
            has_features &= Q(Exists(links.filter(feature__slug=slug)))
        return _with_booked(queryset, has_features)

    def with_capacity(self, queryset: ReservationQuerySet, name: str, value: int) -> ReservationQuerySet:
        return _with_booked(queryset, Q(resource__capacity__gte=value))

    def matching(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        if by_phone := phone_search("customer_phone", value):
            return queryset.filter(by_phone | Q(code__istartswith=value.strip()))
        for word in value.split()[:10]:
            queryset = queryset.filter(
                Q(code__istartswith=word)
                | Q(customer_name__icontains=word)
                | Q(customer_email__icontains=word)
                | Q(title__icontains=word)
            )
        return queryset

    def with_code(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        return queryset.filter(code=value.strip().upper())

    def in_future(self, queryset: ReservationQuerySet, name: str, value: str) -> ReservationQuerySet:
        at = now()
        return (
            queryset.filter(ends_at__gt=at) if parse_flag(value, name) else queryset.filter(ends_at__lte=at)
        )


def _split_names(value: str, name: str) -> list[str]:
    names = [text.strip() for text in value.split(",") if text.strip()]
    if len(names) > MOST_NAMES:
        refuse(name, _("Enter %(most)d or fewer.") % {"most": MOST_NAMES})
    return names


def _split_ids_and_slugs(names: Iterable[str]) -> tuple[list[Any], list[str]]:
    ids, slugs = [], []
    for name in names:
        try:
            ids.append(parse_uuid(name))
        except InvalidInput:
            slugs.append(name)
    return ids, slugs


def _with_booked(queryset: ReservationQuerySet, condition: Q) -> ReservationQuerySet:
    return queryset.filter(Exists(ReservationItem.objects.filter(condition, reservation_id=OuterRef("pk"))))


def _local_day_condition(day: date, lookup: str, *, first: bool = False) -> Q:
    zones = Venue.objects.values_list("time_zone", flat=True).distinct()
    condition = Q(pk__in=())
    for zone in zones:
        condition |= Q(venue__time_zone=zone, **{lookup: _day_edge(day, str(zone), first)})
    return condition


def _day_edge(day: date, zone: str, first: bool) -> datetime:
    span = day_span(day, zone)
    return from_minute(span[0] if first else span[1])
