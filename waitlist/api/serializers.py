from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.serializing import RowShape, ZonedDateTimeField
from resources.api.serializers import (
    GroupBriefSerializer,
    ResourceBriefSerializer,
    VenueBriefSerializer,
)
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.permissions import allowed_actions, is_own
from waitlist.selectors import managed_venues, open_offer, queue_positions

if TYPE_CHECKING:
    from accounts.models import User


@extend_schema_field({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$", "example": "18:30"})
class ClockField(serializers.TimeField):
    """Hours and minutes on the venue's wall clock."""

    format = "%H:%M"


class WaitlistContactSerializer(RowShape[WaitlistEntry]):
    name = serializers.CharField(source="customer_name")
    email = serializers.CharField(source="customer_email")
    phone = serializers.CharField(source="customer_phone")

    class Meta:
        model = WaitlistEntry
        fields = ("name", "email", "phone")


class WaitlistOfferSerializer(RowShape[WaitlistOffer]):
    """A reservation that is held for the entry until the deadline."""

    reservation_id = serializers.UUIDField()
    start = ZonedDateTimeField(read_only=True)
    end = ZonedDateTimeField(read_only=True)
    deadline = ZonedDateTimeField(read_only=True)

    class Meta:
        model = WaitlistOffer
        fields = ("id", "reservation_id", "start", "end", "deadline", "outcome")
        read_only_fields = fields

    def read_start(self, offer: WaitlistOffer) -> datetime:
        return _at_venue(offer.reservation.starts_at, offer.entry)

    def read_end(self, offer: WaitlistOffer) -> datetime:
        return _at_venue(offer.reservation.ends_at, offer.entry)

    def read_deadline(self, offer: WaitlistOffer) -> datetime:
        return _at_venue(offer.deadline_at, offer.entry)


class WaitlistEntrySerializer(RowShape[WaitlistEntry]):
    """A place in line for a resource, or any of a group, on a date. Times are the venue's wall clock."""

    # Context: user, token, positions by entry, managed (ids of the venues that user manages).
    venue = VenueBriefSerializer()
    resource_id = serializers.UUIDField(source="resource.uuid", read_only=True, allow_null=True)
    resource = ResourceBriefSerializer(allow_null=True)
    group = GroupBriefSerializer(allow_null=True)
    preferred_date = serializers.DateField(source="preferred_on")
    preferred_time = ClockField(source="earliest_time", allow_null=True)
    earliest_time = ClockField(allow_null=True)
    latest_time = ClockField(allow_null=True)
    duration = serializers.IntegerField(help_text="Minutes")
    customer_info = WaitlistContactSerializer(source="*")
    contact_info = WaitlistContactSerializer(source="*", help_text="The same as `customer_info`")
    position = serializers.SerializerMethodField(
        help_text="Place among those waiting for the same thing and date, from 1; null unless waiting"
    )
    status_text = serializers.CharField()
    offer = WaitlistOfferSerializer(
        allow_null=True, read_only=True, help_text="What is held for them now, null for nothing"
    )
    created_at = ZonedDateTimeField(read_only=True)
    allowed_actions = serializers.SerializerMethodField()

    class Meta:
        model = WaitlistEntry
        fields = (
            "id",
            "venue",
            "resource_id",
            "resource",
            "group",
            "preferred_date",
            "preferred_time",
            "earliest_time",
            "latest_time",
            "duration",
            "party_size",
            "customer_info",
            "contact_info",
            "priority",
            "position",
            "status",
            "status_text",
            "end_reason",
            "offer",
            "created_at",
            "allowed_actions",
        )
        read_only_fields = fields

    def get_position(self, entry: WaitlistEntry) -> int | None:
        position: int | None = self.context["positions"].get(entry.pk)
        return position

    def read_status_text(self, entry: WaitlistEntry) -> str:
        return str(WaitlistStatus(entry.status).label)

    def read_offer(self, entry: WaitlistEntry) -> WaitlistOffer | None:
        return open_offer(entry)

    def read_created_at(self, entry: WaitlistEntry) -> datetime:
        return _at_venue(entry.created_at, entry)

    def get_allowed_actions(self, entry: WaitlistEntry) -> list[str]:
        own = is_own(self.context["user"], entry, self.context["token"])
        return allowed_actions(entry, own=own, manages=entry.venue_id in self.context["managed"])


class WaitlistJoinedSerializer(WaitlistEntrySerializer):
    """The answer to joining."""

    # Context: manage_token, too.

    manage_token = serializers.CharField(
        required=False, help_text="A guest's secret for `X-Waitlist-Token`; accounts do not need one"
    )

    class Meta(WaitlistEntrySerializer.Meta):
        fields = (*WaitlistEntrySerializer.Meta.fields, "manage_token")  # type: ignore[assignment]

    def read_manage_token(self, entry: WaitlistEntry) -> str:
        return str(self.context["manage_token"])


def render_entries(
    entries: Sequence[WaitlistEntry], user: "User | AnonymousUser", token: str = ""
) -> list[dict[str, Any]]:
    """Two queries, however many entries there are."""
    context = make_context(entries, user, token)
    return [dict(entry) for entry in WaitlistEntrySerializer(entries, many=True, context=context).data]


def make_context(
    entries: Sequence[WaitlistEntry], user: "User | AnonymousUser", token: str = ""
) -> dict[str, Any]:
    return {
        "user": user,
        "token": token,
        "positions": queue_positions(entries),
        "managed": managed_venues(user, entries),
    }


def _at_venue(at: datetime, entry: WaitlistEntry) -> datetime:
    return at.astimezone(entry.venue.zone)
