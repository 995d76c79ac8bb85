"""Bare arrays, as document 004 has them; pages for those who ask for one."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.response import Response

from classes.api.filters import MOST
from common.api_sets import ViewSet, with_headers
from common.schema import page_of


def array_or_page(shape: type[serializers.Serializer[Any]]) -> Any:
    """For the document."""
    name = shape.__name__.removesuffix("Serializer")
    return PolymorphicProxySerializer(
        component_name=f"{name}List",
        serializers=[shape(many=True), page_of(shape)],
        resource_type_field_name=None,
        many=False,
    )


def answer_rows(view: ViewSet[Any], rows: QuerySet[Any], render: Callable[[Sequence[Any]], Any]) -> Response:
    if "page" not in view.request.query_params:
        return view.answer(render(list(rows[:MOST])))
    page = view.paginate_queryset(rows) or []
    return with_headers(view.get_paginated_response(render(page)), view.caching)
