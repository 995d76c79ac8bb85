"""What the API says of things that are lent, and of loans."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from rest_framework import serializers

from common.clock import instant_text
from common.serializing import RowShape, Shape, ZonedDateTimeField
from lending.enums import Approval, Audience, Kind, QueueRule, ReturnBy, Skip, Status
from lending.models import Copy, Loan, LoanEvent
from lending.naming import tell_name
from lending.permissions import allowed_actions, can_manage, is_own
from lending.policies import Terms
from lending.selectors import Expectation
from lending.terms import LENT
from resources.api.serializers import GroupBriefSerializer, ResourceBriefSerializer, VenueBriefSerializer

SKIPS = f"One of {', '.join(Skip.values)}; null: was not passed over"


class ExpectationSerializer(Shape):
    """A date only where one is sure, else a range of minutes; neither where nobody can tell."""

    ahead = serializers.IntegerField(help_text="People before you")
    sure_by = ZonedDateTimeField(allow_null=True, help_text="At the latest, if everyone is in time")
    likely_minutes = serializers.IntegerField(allow_null=True, help_text="In half of all cases no more")
    most_minutes = serializers.IntegerField(allow_null=True, help_text="In nine of ten cases no more")


def describe_expectation(found: Expectation | None, zone: tzinfo) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "ahead": found.ahead,
        "sure_by": found.sure.astimezone(zone) if found.sure else None,
        "likely_minutes": found.likely.median if found.likely else None,
        "most_minutes": found.likely.most if found.likely else None,
    }


class LendingTermsSerializer(Shape):
    """How a thing is lent. Minutes, unless a name says otherwise."""

    rules_id = serializers.IntegerField()
    loan_period = serializers.IntegerField(allow_null=True, help_text="null: as long as it takes")
    longest = serializers.IntegerField(allow_null=True, help_text="null: no limit")
    approval = serializers.ChoiceField(Approval.choices)
    pickup_window = serializers.IntegerField(allow_null=True, help_text="null: handed over at once")
    lease = serializers.IntegerField(allow_null=True, help_text="Ends unless it is kept; null: none")
    queue_lease = serializers.IntegerField(allow_null=True, help_text="The same of a place in the queue")
    renewals = serializers.IntegerField()
    service_time = serializers.IntegerField()
    queue_rule = serializers.ChoiceField(QueueRule.choices)
    audience = serializers.ChoiceField(Audience.choices)
    return_by = serializers.ChoiceField(ReturnBy.choices)
    horizon_days = serializers.IntegerField()


class CopyBriefSerializer(RowShape[Copy]):
    class Meta:
        model = Copy
        fields = ("id", "code", "name")


class BorrowerSerializer(Shape):
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    email = serializers.CharField(help_text="For the person and for staff, else empty")


class LoanSerializer(RowShape[Loan]):
    """A request for a thing, and what became of it; instants on the venue's wall clock."""

    # Context: user, positions by loan, catalogs by venue, now.

    id = serializers.UUIDField(source="uuid")
    number = serializers.IntegerField(source="pk", help_text="The `reservation_id` of `/reservation/request`")
    venue = VenueBriefSerializer()
    resource_id = serializers.UUIDField(source="resource.uuid", allow_null=True)
    resource = ResourceBriefSerializer(allow_null=True, help_text="null while any of a group is waited for")
    group = GroupBriefSerializer(allow_null=True)
    lent_copy = CopyBriefSerializer(source="copy", allow_null=True)
    borrower = BorrowerSerializer()
    status = serializers.ChoiceField(Status.choices)
    status_text = serializers.CharField()
    position = serializers.SerializerMethodField(help_text="Place in the queue from 1; null unless waiting")
    wanted_from = ZonedDateTimeField(allow_null=True)
    wanted_until = ZonedDateTimeField(allow_null=True)
    requested_at = ZonedDateTimeField()
    approved_at = ZonedDateTimeField(allow_null=True)
    handed_out_at = ZonedDateTimeField(allow_null=True)
    due_at = ZonedDateTimeField(allow_null=True, help_text="null: as long as it takes")
    valid_until = ZonedDateTimeField(
        allow_null=True, help_text="Until when to fetch it, to keep it, or to keep the place"
    )
    ended_at = ZonedDateTimeField(allow_null=True)
    is_overdue = serializers.BooleanField()
    suspended_until = ZonedDateTimeField(
        allow_null=True, help_text="Ten years after the request to pause: until it is resumed"
    )
    skip_reason = serializers.CharField(allow_null=True, help_text=SKIPS)
    skip_text = serializers.CharField(help_text="Why the person was passed over, or empty")
    recalled_at = ZonedDateTimeField(allow_null=True)
    next_at = ZonedDateTimeField(allow_null=True, help_text="Since when staff could hand it over")
    accessories = serializers.ListField(child=serializers.CharField(), help_text="Handed out with it")
    missing = serializers.ListField(child=serializers.CharField(), help_text="Of those, not come back")
    allowed_actions = serializers.SerializerMethodField()

    class Meta:
        model = Loan
        fields = (
            *(
                "id",
                "number",
                "version",
                "venue",
                "resource_id",
                "resource",
                "group",
                "lent_copy",
                "borrower",
            ),
            *("units", "status", "status_text", "position", "priority", "purpose", "period", "wanted_from"),
            *("wanted_until", "requested_at", "approved_at", "handed_out_at", "due_at", "valid_until"),
            *("ended_at", "is_overdue", "renewals_used", "suspended_until", "skip_reason", "skip_text"),
            *("skips", "recalled_at", "next_at", "reason", "condition_out", "condition_in", "accessories"),
            "missing",
            "allowed_actions",
        )
        read_only_fields = fields

    def read_borrower(self, loan: Loan) -> dict[str, Any]:
        user = self.context["user"]
        knows = is_own(user, loan) or can_manage(user, loan)
        return {
            "id": loan.borrower_id if knows else None,
            "name": see_name(loan.who, loan, self.context),
            "email": loan.borrower.email if knows else "",
        }

    def read_status_text(self, loan: Loan) -> str:
        return str(STATUS_TEXTS[Status(loan.status)])

    def get_position(self, loan: Loan) -> int | None:
        position: int | None = self.context["positions"].get(loan.pk)
        return position

    def read_is_overdue(self, loan: Loan) -> bool:
        return loan.is_overdue(self.context["now"])

    def read_skip_reason(self, loan: Loan) -> str | None:
        return loan.skip_reason or None

    def read_skip_text(self, loan: Loan) -> str:
        return str(Skip(loan.skip_reason).label) if loan.skip_reason else ""

    def get_allowed_actions(self, loan: Loan) -> list[str]:
        is_away = loan.pk in self.context["away"]
        return allowed_actions(self.context["user"], loan, find_terms(loan, self.context), is_away=is_away)


STATUS_TEXTS = {status: status.label for status in Status}
INSTANTS = (
    *("wanted_from", "wanted_until", "requested_at", "approved_at", "handed_out_at", "due_at"),
    *("valid_until", "ended_at", "suspended_until", "recalled_at", "next_at"),
)


def _make_reader(name: str) -> Any:
    def read(self: Any, loan: Loan) -> datetime | None:
        at: datetime | None = getattr(loan, name)
        return at.astimezone(loan.venue.zone) if at else None

    return read


for _name in INSTANTS:
    setattr(LoanSerializer, f"read_{_name}", _make_reader(_name))


class LoanDetailSerializer(LoanSerializer):
    """One loan, with when its person will be served."""

    expected = ExpectationSerializer(allow_null=True, help_text="null unless waiting")

    class Meta(LoanSerializer.Meta):
        fields = (*LoanSerializer.Meta.fields, "expected")  # type: ignore[assignment]

    def read_expected(self, loan: Loan) -> dict[str, Any] | None:
        return describe_expectation(self.context["expected"], loan.venue.zone)


class PlaceSerializer(RowShape[Loan]):
    """Someone in a queue. Names are shown as the rules say."""

    # Context: as of loans; numbers by loan: the same as of the loan, among all who may be given the thing.

    loan_id = serializers.UUIDField(allow_null=True, help_text="For the person and for staff")
    position = serializers.SerializerMethodField()
    name = serializers.CharField()
    is_own = serializers.BooleanField()
    requested_at = ZonedDateTimeField()
    is_suspended = serializers.BooleanField(help_text="They keep their place, and want nothing for now")
    skip_reason = serializers.CharField(allow_null=True, help_text=f"For the person and for staff. {SKIPS}")

    class Meta:
        model = Loan
        fields = (
            "loan_id",
            "position",
            "name",
            "is_own",
            "units",
            "requested_at",
            "is_suspended",
            "skip_reason",
        )
        read_only_fields = fields

    def read_loan_id(self, loan: Loan) -> UUID | None:
        return loan.uuid if self._knows(loan) else None

    def get_position(self, loan: Loan) -> int | None:
        position: int | None = self.context["numbers"].get(loan.pk)
        return position

    def read_name(self, loan: Loan) -> str:
        return see_name(loan.who, loan, self.context)

    def read_is_own(self, loan: Loan) -> bool:
        return is_own(self.context["user"], loan)

    def read_requested_at(self, loan: Loan) -> datetime:
        return loan.requested_at.astimezone(loan.venue.zone)

    def read_is_suspended(self, loan: Loan) -> bool:
        return loan.suspended_until is not None and loan.suspended_until > self.context["now"]

    def read_skip_reason(self, loan: Loan) -> str | None:
        return loan.skip_reason or None if self._knows(loan) else None

    def _knows(self, loan: Loan) -> bool:
        user = self.context["user"]
        return is_own(user, loan) or can_manage(user, loan)


class LoanEventSerializer(RowShape[LoanEvent]):
    """One change: ``changes`` maps a field to its old and new value, or to what was said."""

    # Context: loan, is_staff.

    at = serializers.DateTimeField()
    kind_text = serializers.CharField()
    actor = serializers.CharField(allow_null=True, help_text="For staff: email address of who acted")
    changes = serializers.DictField(child=serializers.JSONField(), read_only=True)

    class Meta:
        model = LoanEvent
        fields = ("id", "at", "kind", "kind_text", "actor", "source", "old_status", "new_status", "changes")

    def read_kind_text(self, event: LoanEvent) -> str:
        return str(Kind(event.kind).label)

    def read_actor(self, event: LoanEvent) -> str | None:
        return event.actor.email if self.context["is_staff"] and event.actor else None

    def read_changes(self, event: LoanEvent) -> dict[str, Any]:
        shown = event.changes.items()
        return {
            name: tell(value) for name, value in shown if self.context["is_staff"] or name in FOR_BORROWERS
        }


FOR_BORROWERS = frozenset({"purpose", "reason", "condition", "due_at", "priority", "missing"})


def tell(value: Any) -> Any:
    """Instants as everywhere, and nothing for what was not there."""
    if isinstance(value, list):
        return [tell(inner) for inner in value]
    if value in ("", "None"):
        return None
    try:
        return instant_text(datetime.fromisoformat(value)) if " " in str(value) else value
    except ValueError:
        return value


def find_terms(loan: Loan, context: Mapping[str, Any]) -> Terms | None:
    by_thing: Mapping[int, Terms] = context["catalogs"][loan.venue_id].part(LENT)
    return by_thing.get(loan.resource_id or 0)


def see_name(name: str, loan: Loan, context: Mapping[str, Any]) -> str:
    return tell_name(name, loan, context["user"], context["catalogs"][loan.venue_id])
