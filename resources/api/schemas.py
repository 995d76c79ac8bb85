"""How the endpoints of configuration are described in the OpenAPI document."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from common.schema import IDEMPOTENCY, IF_MATCH, PAGES, header, page_of, query
from resources.api.configuration import ConfigurationDetail, ConfigurationList, change_of

L = TypeVar("L", bound=type[ConfigurationList[Any]])
D = TypeVar("D", bound=type[ConfigurationDetail[Any]])

VENUE = query("venue", "Id or slug of a venue.")
RESOURCE = query("resource_id", "Id or slug of a resource.")
KEPT = "Absent fields stay as they are; lists that are given replace the present ones."
WRITERS = "For managers of the venue (API keys: scope `manage`)."
ONLY_VENUE = "Whoever manages exactly one venue may leave it out."
IF_NONE_MATCH = header("If-None-Match", "The ETag you have: 304 when nothing has changed since.")


def tag(*statuses: int) -> OpenApiParameter:
    """The header that says which version was answered."""
    return OpenApiParameter(
        "ETag",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        description="Names this version; for `If-Match` and `If-None-Match`.",
        response=[str(status) for status in statuses],
    )


def described_list(
    many: str, one: str, *parameters: OpenApiParameter, public: bool = False
) -> Callable[[L], L]:
    def decorate(view: L) -> L:
        return extend_schema_view(
            get=extend_schema(
                summary=f"List {many}",
                description="" if public else "Those of your venues.",
                parameters=[*parameters, *PAGES],
                responses={200: page_of(view.shape)},
            ),
            post=extend_schema(
                summary=f"Create {one}",
                description=f"{WRITERS} {ONLY_VENUE}",
                parameters=[IDEMPOTENCY, tag(201)],
                request=view.input,
                responses={201: view.shape},
            ),
        )(view)

    return decorate


def described_detail(one: str, *, public: bool = False, answers: Any = None) -> Callable[[D], D]:
    """``answers`` is what a change is answered with, when that is more than reading shows."""

    def decorate(view: D) -> D:
        def change(verb: str) -> Any:
            return extend_schema(
                summary=f"{verb} {one}",
                description=f"{WRITERS} {KEPT}",
                parameters=[IF_MATCH, tag(200)],
                request=change_of(view.input),
                responses={200: answers or view.shape},
            )

        read = extend_schema(
            summary=f"Read {one}",
            description="" if public else "For members of the venue.",
            parameters=[IF_NONE_MATCH, tag(200)],
            responses={200: view.shape, 304: None},
        )
        remove = extend_schema(
            summary=f"Delete {one}",
            description=f"{WRITERS} 409 `in_use` when reservations or other rows refer to it.",
            parameters=[IF_MATCH],
            responses={204: None},
        )
        return extend_schema_view(get=read, put=change("Change"), patch=change("Change"), delete=remove)(view)

    return decorate
