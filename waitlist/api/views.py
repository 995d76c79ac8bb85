"""The waitlist over HTTP."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import Pagination
from common.api_views import APIView, filtered
from common.errors import Forbidden
from common.idempotency import idempotent
from common.schema import IDEMPOTENCY, PAGES, header, page_of, query
from reservations.api.inputs import actor_for
from reservations.api.replies import ReplyInput, reply_of
from waitlist.api.filters import ORDERINGS, WaitlistFilter
from waitlist.api.inputs import (
    STAFF_ONLY,
    WaitlistChangeInput,
    WaitlistJoinInput,
    changes_from,
    join_arguments,
)
from waitlist.api.serializers import (
    WaitlistEntrySerializer,
    WaitlistJoinedSerializer,
    WaitlistOfferSerializer,
    entries_json,
)
from waitlist.exceptions import EntryNotFound, OfferNotFound
from waitlist.links import token_for
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.permissions import can_change, can_manage, can_view
from waitlist.selectors import entries_in_detail
from waitlist.services import accept_offer, change_entry, decline_offer, join_waitlist, leave_waitlist

TOKEN = [
    header("X-Waitlist-Token", "The secret a guest was given when joining, instead of signing in."),
    query("token", "The same; the header keeps it out of access logs."),
]
FILTERS = [
    query("date", "Waiting for this date.", type=OpenApiTypes.DATE),
    query("date_from", "For this date or a later one.", type=OpenApiTypes.DATE),
    query("date_to", "For this date or an earlier one.", type=OpenApiTypes.DATE),
    query("resource_id", "Id or slug of a resource."),
    query("group_id", "Id of a group.", type=OpenApiTypes.UUID),
    query("venue", "Id or slug of a venue."),
    query("status", f"Some of {', '.join(WaitlistEntry.Status.values)}, separated by commas."),
    query("q", "Words of the name or e-mail address; for staff."),
    query("ordering", "By place in the queue unless asked otherwise.", enum=list(ORDERINGS)),
]


def token_of(request: Request) -> str:
    return request.headers.get("X-Waitlist-Token") or request.query_params.get("token", "")


def visible(request: Request, id: UUID) -> WaitlistEntry:
    """Raises ``EntryNotFound``, also for what is not this client's to see."""
    found = entries_in_detail().filter(pk=id).first()
    if found is None or not can_view(request.user, found, token_of(request)):
        raise EntryNotFound
    return found


def changeable(request: Request, id: UUID) -> WaitlistEntry:
    """Raises ``EntryNotFound``, and ``Forbidden`` for who may only look."""
    found = visible(request, id)
    if not can_change(request.user, found, token_of(request)):
        raise Forbidden
    return found


def answer(data: Any, code: int = status.HTTP_200_OK) -> Response:
    """Personal data: never stored on the way."""
    return Response(data, status=code, headers={"Cache-Control": "private, no-store"})


def one(request: Request, id: UUID, token: str = "") -> dict[str, Any]:
    """The entry as it is now."""
    entry = entries_in_detail().get(pk=id)
    return entries_json([entry], request.user, token or token_of(request))[0]


class Waitlist(APIView):
    """``/api/waitlist``: the list, and joining it."""

    signed_in = ("GET",)

    @extend_schema(
        summary="Who waits",
        description="Customers see their own entries, staff those of their venues, too.",
        parameters=[*FILTERS, *PAGES],
        responses={200: page_of(WaitlistEntrySerializer)},
    )
    def get(self, request: Request) -> Response:
        own = entries_in_detail().visible_to(request.user).in_order()
        pages = Pagination()
        found = filtered(WaitlistFilter, request, own)
        page: list[WaitlistEntry] | None = pages.paginate_queryset(found, request, view=self)
        response = pages.get_paginated_response(entries_json(page or [], request.user))
        response["Cache-Control"] = "private, no-store"
        return response

    @extend_schema(
        summary="Join the waitlist",
        description=(
            "For a resource, or any of a group, on a date. `preferred_time` is the earliest start, "
            "`latest_time` the latest; what is left out is open. Whoever is signed in waits for themselves "
            "unless staff name somebody else; guests give name and e-mail address and get a `manage_token`. "
            "Waiting twice for the same thing, date and times is refused with 409 `already_waiting`. "
            "Who signed up earlier comes first."
        ),
        parameters=[IDEMPOTENCY],
        request=WaitlistJoinInput,
        responses={201: WaitlistJoinedSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        data = WaitlistJoinInput.parsed(request.data)
        entry = join_waitlist(**join_arguments(data, request.user))
        secret = "" if entry.customer_id else token_for(entry)
        body = one(request, entry.pk, secret)
        if secret:
            body["manage_token"] = secret
        response = answer(body, status.HTTP_201_CREATED)
        response["Location"] = request.build_absolute_uri(f"{request.path.rstrip('/')}/{entry.pk}")
        return response


class WaitlistDetail(APIView):
    """One entry, for whoever waits and for the venue's people."""

    @extend_schema(summary="A waitlist entry", parameters=TOKEN, responses={200: WaitlistEntrySerializer})
    def get(self, request: Request, id: UUID) -> Response:
        return answer(entries_json([visible(request, id)], request.user, token_of(request))[0])

    @extend_schema(
        summary="Change a waitlist entry",
        description=(
            "What is left out stays. For another resource or date join again. `priority` and `status` are "
            "for staff, 403 for everybody else."
        ),
        parameters=TOKEN,
        request=WaitlistChangeInput,
        responses={200: WaitlistEntrySerializer},
    )
    def patch(self, request: Request, id: UUID) -> Response:
        entry = changeable(request, id)
        data = WaitlistChangeInput.parsed(request.data)
        if STAFF_ONLY & data.keys() and not can_manage(request.user, entry):
            raise Forbidden
        change_entry(entry_id=id, actor=actor_for(request.user), changes=changes_from(data, entry))
        return answer(one(request, id))

    @extend_schema(
        summary="Leave the waitlist",
        description="The entry stays readable with the status `left`; what was held for it is given back.",
        parameters=TOKEN,
        responses={200: WaitlistEntrySerializer},
    )
    def delete(self, request: Request, id: UUID) -> Response:
        changeable(request, id)
        leave_waitlist(entry_id=id, actor=actor_for(request.user))
        return answer(one(request, id))


class WaitlistOffers(APIView):
    """What was offered to one entry."""

    @extend_schema(
        summary="What was offered to somebody who waits",
        description="Oldest first. A reservation is held for the entry until the offer's deadline.",
        parameters=[*TOKEN, *PAGES],
        responses={200: page_of(WaitlistOfferSerializer)},
    )
    def get(self, request: Request, id: UUID) -> Response:
        entry = visible(request, id)
        found = WaitlistOffer.objects.filter(entry=entry).select_related("entry__venue", "reservation")
        pages = Pagination()
        page = pages.paginate_queryset(found.order_by("created_at", "id"), request, view=self)
        response = pages.get_paginated_response(WaitlistOfferSerializer(page, many=True).data)
        response["Cache-Control"] = "private, no-store"
        return response


class WaitlistOfferAnswer(APIView):
    """Base of both answers to an offer; the entry's own person gives them, or the venue's staff."""

    service: Any

    def post(self, request: Request, id: UUID, offer_id: UUID) -> Response:
        entry = changeable(request, id)
        if not entry.offers.filter(pk=offer_id).exists():
            raise OfferNotFound
        type(self).service(offer_id=offer_id, actor=actor_for(request.user), **self.said(request))
        return answer(one(request, id))

    def said(self, request: Request) -> dict[str, Any]:
        """What comes with the answer."""
        return {}


@extend_schema(
    summary="Accept an offer",
    description="The held time becomes a booking; 409 `offer_expired` after the deadline. Safe to repeat.",
    parameters=TOKEN,
    request=ReplyInput,
    responses={200: WaitlistEntrySerializer},
)
class WaitlistOfferAccept(WaitlistOfferAnswer):
    service = accept_offer

    def said(self, request: Request) -> dict[str, Any]:
        return {"reply": reply_of(ReplyInput.parsed(request.data))}


@extend_schema(
    summary="Decline an offer",
    description="The next in the queue is asked at once. Whoever declined keeps waiting for other times.",
    parameters=TOKEN,
    request=None,
    responses={200: WaitlistEntrySerializer},
)
class WaitlistOfferDecline(WaitlistOfferAnswer):
    service = decline_offer
