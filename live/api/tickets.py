"""``/api/stream-tickets``: for clients with a token, whose browser sends no headers to ``/stream/``."""

from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import credential_of
from common.api_sets import NEVER_STORED
from common.api_views import APIView, StrictSerializer
from common.serializing import Shape
from live.kinds import kinds
from live.subscribing import MOST_NAMES, subscription_for
from live.tickets import Grant, make_ticket


def names(meaning: str) -> serializers.ListField:
    text = serializers.CharField(max_length=100)
    return serializers.ListField(child=text, max_length=MOST_NAMES, required=False, help_text=meaning)


class TicketInput(StrictSerializer):
    """What to listen for, at least one thing; named as in the address of ``/stream/``."""

    venue = names("Ids or slugs of venues")
    resource = names("Ids or slugs of resources")
    mine = serializers.BooleanField(required=False, help_text="What is one's own")
    leads = serializers.BooleanField(required=False, help_text="What one leads")

    def get_fields(self) -> dict[str, Any]:
        found = {name: noun for kind in kinds for name, noun in kind.parameters.items()}
        own = {
            name: serializers.UUIDField(required=False, help_text=f"Id of one {noun}")
            for name, noun in found.items()
        }
        return super().get_fields() | own


class TicketSerializer(Shape):
    ticket = serializers.CharField(help_text="A secret, for one connection")
    expires_at = serializers.DateTimeField(help_text="Connect before: a minute from now")
    address = serializers.URLField(help_text="Of `/stream/`, with the ticket")


class TicketsView(APIView):
    signed_in = ("POST",)
    write_scope = "read"

    @extend_schema(
        summary="Get a ticket for live updates",
        description=(
            "For `EventSource`, which sends no `Authorization` to `/stream/`. The ticket opens one stream, "
            "of what is named here, within a minute; the stream ends with the session or API key that asked. "
            "To connect again get another one, and add `&last_event_id=` to its address."
        ),
        request=TicketInput,
        responses={201: TicketSerializer},
    )
    def post(self, request: Request) -> Response:
        query = write_query(TicketInput.parsed(request.data))
        subscription_for(query, request.user)
        ticket, expires_at = make_ticket(Grant(credential_of(request), query.urlencode()))
        address = request.build_absolute_uri(f"/stream/?ticket={ticket}")
        shown = TicketSerializer({"ticket": ticket, "expires_at": expires_at, "address": address}).data
        return Response(shown, status.HTTP_201_CREATED, headers=NEVER_STORED)


def write_query(data: dict[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in data.items():
        query.setlist(name, value if isinstance(value, list) else [str(value)])
    return query
