"""How lists of resources are narrowed down; pages and API share it."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.parsing import FIRST_YEAR, LAST_YEAR, MOST_PEOPLE, parse_date, refuse
from resources.enums import ResourceKind
from resources.lookups import by_id_or_slug
from resources.models import Holiday, Resource
from resources.querysets import ResourceQuerySet

MOST_FEATURES = 20


class CountFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=MOST_PEOPLE, **kwargs)


class YearFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=FIRST_YEAR, max_value=LAST_YEAR, **kwargs)


class PriceFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = forms.DecimalField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_digits=12, decimal_places=4, **kwargs)


class ResourceFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``type`` and ``kind`` are the same; ``features`` are slugs, all of which are wanted."""

    kind = django_filters.ChoiceFilter(choices=ResourceKind.choices)
    type = django_filters.ChoiceFilter(field_name="kind", choices=ResourceKind.choices)
    venue = django_filters.CharFilter(method="at_venue", label=_("Venue"), max_length=100)
    capacity = CountFilter(field_name="capacity", lookup_expr="gte", label=_("For at least this many people"))
    features = django_filters.CharFilter(method="with_features", label=_("Features"), max_length=1000)
    q = django_filters.CharFilter(method="matching", label=_("Search"), max_length=200)
    is_active = django_filters.BooleanFilter(method="active", label=_("Bookable"))
    min_price = PriceFilter(field_name="hourly_rate", lookup_expr="gte", label=_("Hourly rate from"))
    max_price = PriceFilter(field_name="hourly_rate", lookup_expr="lte", label=_("Hourly rate up to"))
    ordering = django_filters.OrderingFilter(
        fields=(
            ("name", "name"),
            ("capacity", "capacity"),
            ("hourly_rate", "price"),
            ("created_at", "created_at"),
        )
    )

    class Meta:
        model = Resource
        fields = ("kind",)

    def filter_queryset(self, queryset: ResourceQuerySet) -> ResourceQuerySet:
        # The id comes last, so that ties always fall in the same order and no page repeats a row.
        if self.form.cleaned_data.get("is_active") is None:
            queryset = queryset.bookable()
        resources: ResourceQuerySet = super().filter_queryset(queryset)
        return resources.order_by(*resources.query.order_by, "id")

    def at_venue(self, queryset: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        return queryset.filter(by_id_or_slug(value, "venue__"))

    def with_features(self, queryset: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        links = Resource.features.through.objects.filter(resource_id=OuterRef("pk"))
        slugs = {slug_text.strip() for slug_text in value.split(",") if slug_text.strip()}
        if len(slugs) > MOST_FEATURES:
            refuse("features", _("Choose %(most)d features or fewer.") % {"most": MOST_FEATURES})
        for slug in sorted(slugs):
            queryset = queryset.filter(Exists(links.filter(feature__slug=slug)))
        return queryset

    def matching(self, queryset: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        for word in value.split()[:10]:
            queryset = queryset.filter(
                Q(name__icontains=word) | Q(description__icontains=word) | Q(venue__name__icontains=word)
            )
        return queryset

    def active(self, queryset: ResourceQuerySet, name: str, value: bool) -> ResourceQuerySet:
        return queryset.bookable() if value else queryset.exclude(is_active=True, venue__is_active=True)


class VenueRowFilter(django_filters.FilterSet):  # type: ignore[misc]
    venue = django_filters.CharFilter(method="at_venue", label=_("Venue"), max_length=100)

    def at_venue(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(by_id_or_slug(value, "venue__"))


class ResourceRowFilter(VenueRowFilter):
    """Also by resource; rows of the whole venue are then not among them."""

    resource_path = "resource"
    resource_id = django_filters.CharFilter(method="of_resource", label=_("Resource"), max_length=100)

    def of_resource(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(by_id_or_slug(value, f"{self.resource_path}__"))


class PriceRuleFilter(ResourceRowFilter):
    resource_path = "resources"


class GroupFilter(ResourceRowFilter):
    resource_path = "members"


class OverrideFilter(ResourceRowFilter):
    """``date``, ``date_from`` and ``date_to`` find what touches these local days."""

    date = django_filters.CharFilter(method="touching", label=_("On this day"), max_length=40)
    date_from = django_filters.CharFilter(method="touching", label=_("From"), max_length=40)
    date_to = django_filters.CharFilter(method="touching", label=_("Until"), max_length=40)

    def touching(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        day = parse_date(value, name)
        if name != "date_to":
            queryset = queryset.filter(ends_on__gte=day)
        return queryset if name == "date_from" else queryset.filter(starts_on__lte=day)


class VenueFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Active venues unless asked otherwise."""

    country = django_filters.CharFilter(field_name="country", max_length=2)
    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", max_length=200)
    is_active = django_filters.BooleanFilter(field_name="is_active", label=_("Active"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.form.cleaned_data.get("is_active") is None:
            queryset = queryset.filter(is_active=True)
        return super().filter_queryset(queryset)  # type: ignore[no-any-return]


class HolidayFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``subdivision`` finds its own holidays and those of the whole country."""

    country = django_filters.CharFilter(field_name="country", max_length=2)
    subdivision = django_filters.CharFilter(method="in_subdivision", max_length=10)
    year = YearFilter(field_name="date__year", label=_("Year"))

    class Meta:
        model = Holiday
        fields = ("country",)

    def in_subdivision(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(subdivision__in=("", value))
