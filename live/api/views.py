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
from common.schema import header, number, query
from common.serializing import Shape
from live import reading
from live.kinds import Subscription, kinds
from live.models import Change
from live.positions import Position
from live.reading import CommittedChange
from live.subscribing import parse_seconds, subscription_for

PARAMETERS = {name: noun for kind in kinds for name, noun in kind.parameters.items()}
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
        fields = super().get_fields()
        until = fields.pop("to")
        for kind in kinds:
            fields |= kind.fields()
        since = serializers.DateTimeField(required=False, help_text="From when on times have changed")
        return fields | {"to": until, "from": since}


class ChangesSerializer(Shape):
    last_id = serializers.CharField(help_text="Send it as `after` the next time")
    reset = serializers.BooleanField(help_text="Too much was missed: fetch everything again")
    changes = ChangeSerializer(many=True)


OWN_ROWS = [kind.own_rows for kind in kinds if kind.own_rows]
FILTERS = [
    query("after", "The `last_id` of the answer before; without it nothing is told but where to begin."),
    number("since", "Instead: seconds since 1970, when what you have was fetched.", least=0),
    query("venue", "Id or slug of a venue. May be repeated.", many=True),
    query("resource", "Id or slug of a resource. May be repeated.", many=True),
    query("mine", f"One's own {' and '.join(OWN_ROWS)}.", type=OpenApiTypes.BOOL),
    query("leads", "What one leads at one's venues.", type=OpenApiTypes.BOOL),
    *(query(name, f"Id of one {noun}.", type=OpenApiTypes.UUID) for name, noun in PARAMETERS.items()),
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
        after = request.query_params.get("after", "")
        newest = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        tag = _make_tag(request, newest)
        headers = {"Cache-Control": "private, no-cache", "ETag": tag}
        is_whole = after and "." not in after  # with gaps an older row may have come in
        if is_whole and request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers=headers)
        since = parse_seconds(request.query_params.get("since", ""))
        return Response(ChangesSerializer(_read_answer(subscription, after, since)).data, headers=headers)


def _make_tag(request: Request, newest: int) -> str:
    """Of one address, one client, and the newest row."""
    identity = f"{newest} {request.user.pk} {request.get_full_path()}"
    return f'"{hashlib.sha256(identity.encode()).hexdigest()[:32]}"'


def _read_answer(subscription: Subscription, after: str, since: datetime | None) -> dict[str, Any]:
    if not after:
        position = reading.present_position()
        return _render_changes(
            subscription, position, reading.read_changes_since(since, position) if since else []
        )
    last_position = Position.parse(after, now())
    if last_position is None:
        refuse("after", _("Enter a last_id from an earlier answer."))
    changes = reading.read_changes(last_position) if reading.is_position_known(last_position) else None
    reading.forget_settled_gaps(last_position)
    return _render_changes(
        subscription, last_position if changes is not None else reading.present_position(), changes
    )


def _render_changes(
    subscription: Subscription, position: Position, changes: list[CommittedChange] | None
) -> dict[str, Any]:
    """None: more than can be told."""
    payloads = [payload for change in changes or () for payload in subscription.payloads(change)]
    return {"last_id": str(position), "reset": changes is None, "changes": payloads}
