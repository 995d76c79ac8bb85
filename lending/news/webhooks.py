from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import translation
from rest_framework import serializers

from accounts.models import User
from common.serializing import RowShape
from lending.enums import Kind
from lending.models import Loan
from lending.signals import LoanChange
from resources.api.serializers import GroupBriefSerializer, ResourceBriefSerializer, VenueBriefSerializer
from webhooks.events import Event, EventReport, Json, as_json
from webhooks.events import events as known_events
from webhooks.telling import News, write_deliveries

ABOUT = {
    "requested": "A person is in line, or has asked for dates.",
    "approved": "A person gets it; `automatic` where the queue decided.",
    "declined": "Staff have declined a request.",
    "handed_out": "It is with its borrower.",
    "renewed": "It is due later.",
    "overdue": "It should be back.",
    "recalled": "Staff want it back earlier.",
    "returned": "It is back; `automatic` where a lease ran out.",
    "cancelled": "A request, or what was ready to be picked up, was cancelled.",
    "expired": "A request, or the time to pick it up, has run out.",
    "lost": "It will not come back.",
}
NAMES = {
    Kind.REQUESTED: "requested",
    Kind.APPROVED: "approved",
    Kind.DECLINED: "declined",
    Kind.HANDED_OUT: "handed_out",
    Kind.RENEWED: "renewed",
    Kind.OVERDUE: "overdue",
    Kind.RECALLED: "recalled",
    Kind.RETURNED: "returned",
    Kind.FORCED: "returned",
    Kind.LAPSED: "returned",
    Kind.FOUND: "returned",
    Kind.CANCELLED: "cancelled",
    Kind.EXPIRED: "expired",
    Kind.LOST: "lost",
}


class BorrowerShape(RowShape[User]):
    name = serializers.SerializerMethodField()
    email = serializers.EmailField()

    class Meta:
        model = User
        fields = ("id", "name", "email")

    def get_name(self, user: User) -> str:
        return user.get_full_name()


class ToldLoanShape(RowShape[Loan]):
    """A loan as it was after the change."""

    # Context: automatic.
    id = serializers.UUIDField(source="uuid")
    number = serializers.IntegerField(source="id", help_text="The `reservation_id` of the root paths")
    venue = VenueBriefSerializer()
    resource = ResourceBriefSerializer(allow_null=True)
    group = GroupBriefSerializer(allow_null=True)
    copy = serializers.SerializerMethodField(help_text="Its code")
    borrower = BorrowerShape()
    automatic = serializers.SerializerMethodField(help_text="By the queue or the hour, not by a person")

    class Meta:
        model = Loan
        fields = (
            "id",
            "number",
            "venue",
            "resource",
            "group",
            "copy",
            "borrower",
            "units",
            "status",
            "automatic",
            "wanted_from",
            "wanted_until",
            "period",
            "purpose",
            "priority",
            "requested_at",
            "approved_at",
            "handed_out_at",
            "due_at",
            "valid_until",
            "ended_at",
            "renewals_used",
            "recalled_at",
            "reason",
            "version",
        )

    def get_copy(self, loan: Loan) -> str | None:
        return loan.copy.code if loan.copy else None

    def get_automatic(self, loan: Loan) -> bool:
        return bool(self.context.get("automatic"))


def register_events() -> None:
    for name, about in ABOUT.items():
        known_events.register(f"loan.{name}", Event(shape=ToldLoanShape, about=about))


def tell_of_loans(*, changes: Sequence[LoanChange], **kwargs: Any) -> None:
    write_deliveries([_make_news(change) for change in changes if change.kind in NAMES])


def _make_news(change: LoanChange) -> News:
    loan, name = change.loan, f"loan.{NAMES[change.kind]}"
    return News(name, loan.venue_id, f"{name}:{loan.uuid}:{loan.version}", LoanReport(change))


class LoanReport(EventReport):
    def __init__(self, change: LoanChange) -> None:
        self.change = change

    @cached_property
    def data(self) -> Json:
        loan = Loan.objects.for_display().get(pk=self.change.loan.pk)
        context = {"automatic": self.change.is_automatic}
        with translation.override(settings.LANGUAGE_CODE):
            return as_json(ToldLoanShape(loan, context=context).data)
