"""How lists of resources are narrowed down; page and API share it."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput
from common.parsing import MOST_PEOPLE, parse_uuid, refuse
from resources.enums import Kind
from resources.models import Resource
from resources.querysets import ResourceQuerySet

MOST_FEATURES = 20


class CountFilter(django_filters.Filter):  # type: ignore[misc]
    """A positive number within what the databases can compare."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=MOST_PEOPLE, **kwargs)


class ResourceFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``type`` and ``kind`` are the same; ``features`` are slugs, all of which are wanted."""

    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    type = django_filters.ChoiceFilter(field_name="kind", choices=Kind.choices)
    venue = django_filters.CharFilter(method="at_venue", label=_("Venue"), max_length=100)
    capacity = CountFilter(field_name="capacity", lookup_expr="gte", label=_("At least so many people"))
    features = django_filters.CharFilter(method="with_features", label=_("Features"), max_length=1000)
    q = django_filters.CharFilter(method="matching", label=_("Search"), max_length=200)
    is_active = django_filters.BooleanFilter(method="active", label=_("Bookable"))
    ordering = django_filters.OrderingFilter(
        fields=(("name", "name"), ("capacity", "capacity"), ("hourly_rate", "price"))
    )

    class Meta:
        model = Resource
        fields = ("kind",)

    def filter_queryset(self, queryset: ResourceQuerySet) -> ResourceQuerySet:
        """Bookable ones unless asked otherwise; ties always fall in the same order."""
        if self.form.cleaned_data.get("is_active") is None:
            queryset = queryset.bookable()
        found: ResourceQuerySet = super().filter_queryset(queryset)
        return found.order_by(*found.query.order_by, "id")

    def at_venue(self, queryset: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        try:
            return queryset.filter(venue__uuid=parse_uuid(value))
        except InvalidInput:
            return queryset.filter(venue__slug=value)

    def with_features(self, queryset: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        links = Resource.features.through.objects.filter(resource_id=OuterRef("pk"))
        slugs = {each.strip() for each in value.split(",") if each.strip()}
        if len(slugs) > MOST_FEATURES:
            refuse("features", _("Name at most %(most)d features.") % {"most": MOST_FEATURES})
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
