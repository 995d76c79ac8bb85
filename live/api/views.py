"""``/api/changes``: what ``/stream/`` tells, for clients that ask again and again."""

import hashlib
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView
from common.clock import now
from common.parsing import refuse
from common.schema import header, query
from common.serializing import Shape
from live import reading
from live.kinds import Subscription, kinds
from live.models import Change
from live.positions import Position
from live.reading import CommittedChange
from live.subscribing import parse_seconds, subscription_for

PARAMETERS = {name: what for kind in kinds for name, what in kind.parameters.items()}
MEANINGS = "`availability`, `configuration`: look at the free times again; else at what is named"


class ChangeSerializer(Shape):
    """A hint what to fetch again. Which fields there are depends on the type."""

    type = serializers.ChoiceField(
        choices=sorted(type for kind in kinds for type in kind.types), help_text=MEANINGS
    )
    venue = serializers.UUIDField()
    resources = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="Whose free times are others now"
    )
    # ``from`` is no name in Python.
    id = serializers.UUIDField(required=False, help_text=f"Of the {' or '.join(PARAMETERS.values())}")
    version = serializers.IntegerField(required=False)
    status = serializers.CharField(required=False)
    to = serializers.DateTimeField(required=False, help_text="Until when times have changed")

    def get_fields(self) -> dict[str, Any]:
        """As they are documented: what all share, what kinds add, and the span."""
        found = super().get_fields()
        until = found.pop("to")
        for kind in kinds:
            found |= kind.fields()
        since = serializers.DateTimeField(required=False, help_text="From when on times have changed")
        return found | {"to": until, "from": since}


class ChangesSerializer(Shape):
    last_id = serializers.CharField(help_text="Send it as `after` the next time")
    reset = serializers.BooleanField(help_text="Too much was missed: fetch everything again")
    changes = ChangeSerializer(many=True)


OWN_ROWS = [kind.own_rows for kind in kinds if kind.own_rows]
FILTERS = [
    query("after", "The `last_id` of the answer before; without it nothing is told but where to begin."),
    query("since", "Instead: seconds since 1970, when what you have was fetched.", type=OpenApiTypes.INT),
    query("venue", "Id or slug of a venue. May be repeated.", many=True),
    query("resource", "Id or slug of a resource. May be repeated.", many=True),
    query("mine", f"One's own {' and '.join(OWN_ROWS)}.", type=OpenApiTypes.BOOL),
    *(query(name, f"Id of one {what}.", type=OpenApiTypes.UUID) for name, what in PARAMETERS.items()),
    query("token", f"The secret of a guest for that {' or '.join(PARAMETERS)}."),
    header("If-None-Match", "The ETag of the answer before: 304 while nothing has happened."),
]


class ChangesView(APIView):
    @extend_schema(
        summary="What has changed",
        description=(
            "What `/stream/` sends as server-sent events, with the same filters, at least one of them. Ask "
            "every few seconds with the `last_id` of the answer before. Guests hear which times of active "
            "venues are others now; ids of reservations are told to their people."
        ),
        parameters=FILTERS,
        responses={200: ChangesSerializer, 304: OpenApiResponse(description="Nothing has happened.")},
    )
    def get(self, request: Request) -> Response:
        subscription = subscription_for(request.query_params, request.user)
        given = request.query_params.get("after", "")
        newest = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        tag = _tag(request, newest)
        headers = {"Cache-Control": "private, no-cache", "ETag": tag}
        is_whole = given and "." not in given  # with gaps an older row may have come in
        if is_whole and request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers=headers)
        since = parse_seconds(request.query_params.get("since", ""))
        return Response(ChangesSerializer(_answer(subscription, given, since)).data, headers=headers)


def _tag(request: Request, newest: int) -> str:
    """Of one address, one client, and the newest row."""
    asked = f"{newest} {request.user.pk} {request.get_full_path()}"
    return f'"{hashlib.sha256(asked.encode()).hexdigest()[:32]}"'


def _answer(subscription: Subscription, after: str, since: datetime | None) -> dict[str, Any]:
    if not after:
        position = reading.present_position()
        return _told(subscription, position, reading.read_changes_since(since, position) if since else [])
    known = Position.parse(after, now())
    if known is None:
        refuse("after", _("This is no last_id of an answer."))
    found = reading.read_changes(known) if reading.is_position_known(known) else None
    reading.forget_settled_gaps(known)
    return _told(subscription, known if found is not None else reading.present_position(), found)


def _told(
    subscription: Subscription, position: Position, found: list[CommittedChange] | None
) -> dict[str, Any]:
    """None: more than can be told."""
    changes = [payload for each in found or () for payload in subscription.payloads(each)]
    return {"last_id": str(position), "reset": found is None, "changes": changes}
