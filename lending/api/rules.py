"""How things are lent: members of a venue read its rules, managers write them."""

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.api.inputs import Flag
from common.api_views import StrictSerializer
from common.names import check_name
from common.serializing import RowShape
from lending.enums import Approval, Audience, NamesShown, QueueRule, ReturnBy
from lending.models import LendingRules
from lending.models.rules import MOST_RENEWALS, usual_chasers
from resources.api.configuration import EditableConfiguration
from resources.api.fields import MinutesField, PlaceField
from resources.api.rules import CountField
from resources.api.schemas import VENUE, described
from resources.filters import VenueRowFilter
from resources.models.rules import EARLIEST_REMINDER, MOST_REMINDERS, usual_reminders

MOST_DAYS, MOST_HOURS, MOST_OVERTAKES = 3650, 8760, 1000


def minutes(text: str) -> MinutesField:
    return MinutesField(least=1, default=None, allow_null=True, help_text=text)


def days(least: int, most: int, default: int, text: str = "") -> serializers.IntegerField:
    return serializers.IntegerField(min_value=least, max_value=most, default=default, help_text=text or None)


class LendingRulesInput(StrictSerializer):
    """Durations are minutes unless a name says otherwise."""

    venue = PlaceField(required=False, help_text="Id or slug")
    name = serializers.CharField(validators=[check_name], max_length=100)
    loan_period = minutes("null: as long as it takes")
    longest = minutes("Renewals included; null: no limit")
    approval = serializers.ChoiceField(Approval.choices, default=Approval.INSTANT)
    pickup_window = minutes("null: handed over with the approval")
    lease = minutes("Ends unless it is kept alive; null: none")
    queue_lease = minutes("The same of a place in the queue")
    renewals = days(0, MOST_RENEWALS, 2)
    renew_while_wanted = Flag(default=False)
    service_time = MinutesField(default=0, help_text="After each return")
    max_out = CountField(default=None, allow_null=True, help_text="Per person; null: no limit")
    max_waiting = CountField(default=None, allow_null=True, help_text="Per person; null: no limit")
    overdue_blocks = Flag(default=True, help_text="Who has something overdue gets nothing else")
    queue_rule = serializers.ChoiceField(QueueRule.choices, default=QueueRule.FIFO)
    half_life_days = days(1, 365, 7, "Earlier use counts half after so many days; for fair queues")
    fair_cap_hours = days(1, MOST_HOURS, 24, "Who has waited longer comes first; for fair queues")
    overtakes = days(0, MOST_OVERTAKES, 3, "How often smaller requests may pass larger ones")
    audience = serializers.ChoiceField(Audience.choices, default=Audience.SIGNED_IN)
    return_by = serializers.ChoiceField(ReturnBy.choices, default=ReturnBy.HOLDER)
    names_shown = serializers.ChoiceField(NamesShown.choices, default=NamesShown.INITIALS)
    reminder_hours = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=EARLIEST_REMINDER),
        max_length=MOST_REMINDERS,
        default=usual_reminders,
        help_text="Hours before it is due; an empty list: none",
    )
    chaser_days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=365),
        max_length=10,
        default=usual_chasers,
        help_text="Days after it was due; an empty list: none",
    )
    horizon_days = days(1, MOST_DAYS, 365, "How far ahead people can ask for dates")


class LendingRulesSerializer(RowShape[LendingRules]):
    """Durations are minutes unless a name says otherwise."""

    venue = serializers.UUIDField(source="venue.uuid")
    reminder_hours = serializers.ListField(child=serializers.IntegerField())
    chaser_days = serializers.ListField(child=serializers.IntegerField())

    class Meta:
        model = LendingRules
        fields = ("id", *LendingRulesInput().fields)


@described("lending rules", "lending rules", VENUE)
class LendingRulesViewSet(EditableConfiguration[LendingRules]):
    model = LendingRules
    input = LendingRulesInput
    serializer_class = LendingRulesSerializer
    filterset_class = VenueRowFilter

    def rows(self) -> QuerySet[LendingRules]:
        return LendingRules.objects.select_related("venue").order_by("venue_id", "name", "id")
