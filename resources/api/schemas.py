"""How the endpoints of configuration are described in the OpenAPI document."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from common.schema import IDEMPOTENCY, IF_MATCH, PAGES, header, location, page_of, query, tag
from common.schema_errors import Refusals, refuses
from resources.api.configuration import Configuration, change_of

S = TypeVar("S", bound=type[Configuration[Any]])

VENUE = query("venue", "Id or slug of a venue.")
RESOURCE = query("resource_id", "Id or slug of a resource.")
KEPT = "Absent fields stay as they are; lists that are given replace the present ones."
WRITERS = "For managers of the venue (API keys: scope `manage`)."
ONLY_VENUE = "Managers of exactly one venue may leave it out."
DELETING = Refusals("Deletion", ("in_use",))
IF_NONE_MATCH = header("If-None-Match", "The ETag you have: 304 when nothing has changed since.")


def described(
    plural: str,
    singular: str,
    *filters: OpenApiParameter,
    public: bool = False,
    changed: Any = None,
    created: Any = None,
) -> Callable[[S], S]:
    """``changed``, ``created`` are what a change is answered with, when that is more than reading shows."""

    def decorate(view: S) -> S:
        shape: Any = view.serializer_class  # type: ignore[misc]

        def change(verb: str) -> Any:
            return extend_schema(
                summary=f"{verb} {singular}",
                description=f"{WRITERS} {KEPT}",
                parameters=[IF_MATCH, tag(200)],
                request=change_of(view.input),
                responses={200: changed or shape},
            )

        return extend_schema_view(
            list=_listing(plural, shape, filters, public),
            create=_creating(singular, created or shape, view.input),
            retrieve=_reading(singular, shape, public),
            update=change("Change"),
            partial_update=change("Change"),
            destroy=_deleting(singular),
        )(view)

    return decorate


def _listing(plural: str, shape: Any, filters: Sequence[OpenApiParameter], public: bool) -> Any:
    return extend_schema(
        summary=f"List {plural}",
        description="" if public else "Those of your venues.",
        parameters=[*filters, *PAGES],
        responses={200: page_of(shape)},
    )


def _creating(singular: str, shape: Any, input: Any) -> Any:
    return extend_schema(
        summary=f"Create {singular}",
        description=f"{WRITERS} {ONLY_VENUE}",
        parameters=[IDEMPOTENCY, tag(201), location(201)],
        request=input,
        responses={201: shape},
    )


def _reading(singular: str, shape: Any, public: bool) -> Any:
    return extend_schema(
        summary=f"Read {singular}",
        description="" if public else "For members of the venue.",
        parameters=[IF_NONE_MATCH, tag(200, 304)],
        responses={200: shape, 304: None},
    )


def _deleting(singular: str) -> Any:
    return extend_schema(
        summary=f"Delete {singular}",
        extensions=refuses(DELETING),
        description=f"{WRITERS} 409 `in_use` when reservations or other rows refer to it.",
        parameters=[IF_MATCH],
        responses={204: None},
    )
