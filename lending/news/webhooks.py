from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import translation
from rest_framework import serializers

from common import clock
from lending.api.shapes import LoanSerializer
from lending.enums import Kind
from lending.models import Loan
from lending.selectors import find_positions
from lending.signals import LoanChange
from webhooks.events import Event, EventReport, Json, as_json, without_actions
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


class ToldLoan(LoanSerializer):
    """A loan as staff read it, after the change."""

    # Context besides: automatic.
    automatic = serializers.BooleanField(help_text="By the queue or the hour, not by a person")

    class Meta(LoanSerializer.Meta):
        fields = (*without_actions(LoanSerializer.Meta.fields), "automatic")  # type: ignore[assignment]

    def read_borrower(self, loan: Loan) -> dict[str, Any]:
        return {"id": loan.borrower_id, "name": loan.who, "email": loan.borrower.email}

    def read_automatic(self, loan: Loan) -> bool:
        return bool(self.context["automatic"])


def register_events() -> None:
    for name, about in ABOUT.items():
        known_events.register(f"loan.{name}", Event(shape=ToldLoan, about=about))


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
        loan, now = Loan.objects.for_display().get(pk=self.change.loan.pk), clock.now()
        context = {"now": now, "positions": find_positions([loan], now)}
        with translation.override(settings.LANGUAGE_CODE):
            shape = ToldLoan(loan, context=context | {"automatic": self.change.is_automatic})
            return as_json(shape.data)
