from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED, ListAction, with_headers
from common.errors import Forbidden
from common.idempotency import idempotent
from common.schema import IDEMPOTENCY, PAGES, answer_header, header, location, page_of, query
from common.schema_errors import refuses
from reservations.api.inputs import actor_for
from reservations.api.replies import ReplyInput, reply_of
from waitlist.api import refusals
from waitlist.api.filters import ORDERINGS, WaitlistFilter
from waitlist.api.inputs import (
    STAFF_ONLY,
    WaitlistChangeInput,
    WaitlistJoinInput,
    read_changes,
    read_join,
)
from waitlist.api.serializers import (
    WaitlistEntrySerializer,
    WaitlistJoinedSerializer,
    WaitlistOfferSerializer,
    make_context,
    render_entries,
)
from waitlist.enums import WaitlistStatus
from waitlist.exceptions import EntryNotFound, OfferNotFound
from waitlist.links import token_for
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.permissions import can_change, can_manage, can_view
from waitlist.querysets import WaitlistQuerySet
from waitlist.selectors import entries_in_detail
from waitlist.services import accept_offer, change_entry, decline_offer, join_waitlist, leave_waitlist

TOKEN = [
    header("X-Waitlist-Token", "The secret a guest was given when joining, instead of signing in."),
    query("token", "The same; the header keeps it out of access logs."),
]
NEW_TOKEN = answer_header("X-Waitlist-Token", "The secret from now on, if it has changed.", 200)
FILTERS = [
    query("date", "Waiting for this date.", type=OpenApiTypes.DATE),
    query("date_from", "For this date or a later one.", type=OpenApiTypes.DATE),
    query("date_to", "For this date or an earlier one.", type=OpenApiTypes.DATE),
    query("resource_id", "Id or slug of a resource."),
    query("group_id", "Id of a group.", type=OpenApiTypes.UUID),
    query("venue", "Id or slug of a venue."),
    query("status", f"Some of {', '.join(WaitlistStatus.values)}, separated by commas."),
    query("q", "Words of the name or email address, or digits of the phone; for staff."),
    query("ordering", "By place in the queue unless asked otherwise.", enum=list(ORDERINGS)),
]

ONE_OFFER = "offers/<uuid:offer_id>"


def token_of(request: Request) -> str:
    return request.headers.get("X-Waitlist-Token") or request.query_params.get("token", "")


class WaitlistViewSet(ListAction[WaitlistEntry]):
    """For the person who waits, by account or secret, and for the venue's staff."""

    serializer_class = WaitlistEntrySerializer
    filterset_class = WaitlistFilter
    signed_in = ("list",)
    caching = NEVER_STORED

    def get_queryset(self) -> WaitlistQuerySet:
        return entries_in_detail().visible_to(self.request.user).in_order()

    def get_object(self) -> WaitlistEntry:
        """Raises ``EntryNotFound``, also for entries that this client may not see."""
        entry = entries_in_detail().filter(pk=self.kwargs["id"]).first()
        if entry is None or not can_view(self.request.user, entry, token_of(self.request)):
            raise EntryNotFound
        return entry

    def find_changeable(self) -> WaitlistEntry:
        """Raises ``EntryNotFound``, and ``Forbidden`` for those who may only look."""
        entry = self.get_object()
        if not can_change(self.request.user, entry, token_of(self.request)):
            raise Forbidden
        return entry

    def answer_current(self, id: UUID) -> Response:
        return self.answer(self.rendered(entries_in_detail().get(pk=id)))

    def rendered(self, row: WaitlistEntry) -> dict[str, Any]:
        return render_entries([row], self.request.user, token_of(self.request))[0]

    @extend_schema(
        summary="Who waits",
        description="Customers see their own entries, staff those of their venues, too.",
        parameters=[*FILTERS, *PAGES],
        responses={200: page_of(WaitlistEntrySerializer)},
    )
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        response = self.get_paginated_response(render_entries(page, request.user))
        return with_headers(response, self.caching)

    @extend_schema(
        summary="Join the waitlist",
        extensions=refuses(refusals.JOINING),
        description=(
            "For a resource, or any of a group, on a date. `preferred_time` is the earliest start, "
            "`latest_time` the latest; what is left out is open. Signed-in users wait for themselves "
            "unless staff name another person; guests give name and email address and get a `manage_token`. "
            "Waiting twice for the same thing, date and times is refused with 409 `already_waiting`. "
            "Who signed up earlier comes first."
        ),
        parameters=[IDEMPOTENCY, location(201)],
        request=WaitlistJoinInput,
        responses={201: WaitlistJoinedSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data = WaitlistJoinInput.parsed(request.data)
        entry = join_waitlist(**read_join(data, request.user))
        secret = "" if entry.customer_id else token_for(entry)
        return self.created(render_joined(entries_in_detail().get(pk=entry.pk), request, secret), entry.pk)

    @extend_schema(summary="A waitlist entry", parameters=TOKEN, responses={200: WaitlistEntrySerializer})
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer(self.rendered(self.get_object()))

    @extend_schema(
        summary="Change a waitlist entry",
        extensions=refuses(refusals.CHANGING),
        description=(
            "What is left out stays. For another resource or date join again. `priority` and `status` are "
            "for staff, 403 for everybody else. With another email address the secret changes."
        ),
        parameters=[*TOKEN, NEW_TOKEN],
        request=WaitlistChangeInput,
        responses={200: WaitlistEntrySerializer},
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        entry = self.find_changeable()
        data = WaitlistChangeInput.parsed(request.data)
        if STAFF_ONLY & data.keys() and not can_manage(request.user, entry):
            raise Forbidden
        change_entry(
            entry_id=id, actor=actor_for(request.user), changes=read_changes(data, entry, request.user)
        )
        changed = entries_in_detail().get(pk=id)
        token = token_of(request)
        if not token or changed.link_version == entry.link_version:
            return self.answer(self.rendered(changed))
        # The link is another one now: the guest who has changed the address goes on with its secret.
        token = token_for(changed)
        response = self.answer(render_entries([changed], request.user, token)[0])
        response["X-Waitlist-Token"] = token
        return response

    @extend_schema(
        summary="Leave the waitlist",
        extensions=refuses(refusals.ANSWERING),
        description="The entry stays readable with the status `left`; what was held for it is given back.",
        parameters=TOKEN,
        responses={200: WaitlistEntrySerializer},
    )
    def destroy(self, request: Request, id: UUID) -> Response:
        self.find_changeable()
        leave_waitlist(entry_id=id, actor=actor_for(request.user))
        return self.answer_current(id)

    @extend_schema(
        summary="What was offered to a person in line",
        description="Oldest first. A reservation is held for the entry until the offer's deadline.",
        parameters=[*TOKEN, *PAGES],
        responses={200: page_of(WaitlistOfferSerializer)},
    )
    @action(detail=True)
    def offers(self, request: Request, id: UUID) -> Response:
        offers = WaitlistOffer.objects.filter(entry=self.get_object())
        offers = offers.select_related("entry__venue", "reservation").order_by("created_at", "id")
        return self.paged(offers, WaitlistOfferSerializer)

    @extend_schema(
        summary="Accept an offer",
        extensions=refuses(refusals.ACCEPTING),
        description=(
            "The held time becomes a booking; 409 `offer_expired` after the deadline. Safe to repeat."
        ),
        parameters=TOKEN,
        request=ReplyInput,
        responses={200: WaitlistEntrySerializer},
    )
    @action(detail=True, methods=["post"], url_path=f"{ONE_OFFER}/accept")
    def accept(self, request: Request, id: UUID, offer_id: UUID) -> Response:
        self.require_offer(offer_id)
        reply = reply_of(ReplyInput.parsed(request.data))
        accept_offer(offer_id=offer_id, actor=actor_for(request.user), reply=reply)
        return self.answer_current(id)

    @extend_schema(
        summary="Decline an offer",
        extensions=refuses(refusals.ANSWERING),
        description="The next person gets the offer at once. The person who declined stays on the waitlist.",
        parameters=TOKEN,
        request=None,
        responses={200: WaitlistEntrySerializer},
    )
    @action(detail=True, methods=["post"], url_path=f"{ONE_OFFER}/decline")
    def decline(self, request: Request, id: UUID, offer_id: UUID) -> Response:
        self.require_offer(offer_id)
        decline_offer(offer_id=offer_id, actor=actor_for(request.user))
        return self.answer_current(id)

    def require_offer(self, offer_id: UUID) -> None:
        if not self.find_changeable().offers.filter(pk=offer_id).exists():
            raise OfferNotFound


def render_joined(entry: WaitlistEntry, request: Request, secret: str) -> dict[str, Any]:
    """A guest gets the secret by which they come back."""
    context = make_context([entry], request.user, secret or token_of(request))
    if not secret:
        return dict(WaitlistEntrySerializer(entry, context=context).data)
    return dict(WaitlistJoinedSerializer(entry, context=context | {"manage_token": secret}).data)
