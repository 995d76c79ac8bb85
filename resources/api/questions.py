"""What venues ask their customers, over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api_views import StrictSerializer
from common.names import check_name
from common.serializing import RowShape
from resources.api.configuration import Draft, EditableConfiguration
from resources.api.fields import PlaceField
from resources.api.schemas import RESOURCE, VENUE, described
from resources.enums import AnswerKind
from resources.filters import ResourceRowFilter
from resources.models import Question, Venue

MOST_CHOICES = 100
LAST_POSITION = 2**31 - 1


class ChoiceField(serializers.CharField):
    """One line of text: the model keeps one choice a line."""

    default_error_messages = {"lines": _("Use one line only.")}

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        if len(text.splitlines()) > 1:
            self.fail("lines")
        return text


class QuestionInput(StrictSerializer):
    """``choices`` are for the kind ``choice``: at least two. Answers already given stay as they are."""

    venue = PlaceField(required=False, help_text="Id or slug")
    resource_id = PlaceField(
        required=False,
        allow_null=True,
        help_text="Id or slug; without it, asked for everything the venue has",
    )
    text = serializers.CharField(validators=[check_name], max_length=300)
    kind = serializers.ChoiceField(AnswerKind.choices, default=AnswerKind.SHORT)
    choices = serializers.ListField(
        child=ChoiceField(validators=[check_name], max_length=200), max_length=MOST_CHOICES, default=list
    )
    is_required = serializers.BooleanField(default=False)
    position = serializers.IntegerField(
        min_value=0, max_value=LAST_POSITION, default=0, help_text="The lowest is asked first"
    )
    is_active = serializers.BooleanField(default=True, help_text="False: not asked any more")


class QuestionSerializer(RowShape[Question]):
    """One question of a venue, or of one of its resources alone."""

    venue = serializers.UUIDField(source="venue.uuid")
    resource_id = serializers.UUIDField(source="resource.uuid", default=None, allow_null=True)
    choices = serializers.ListField(source="choice_list", child=serializers.CharField())

    class Meta:
        model = Question
        fields = (
            "id",
            "venue",
            "resource_id",
            "text",
            "kind",
            "choices",
            "is_required",
            "position",
            "is_active",
        )


@described("questions", "a question", VENUE, RESOURCE)
class QuestionViewSet(EditableConfiguration[Question]):
    model = Question
    input = QuestionInput
    serializer_class = QuestionSerializer
    filterset_class = ResourceRowFilter

    def rows(self) -> QuerySet[Question]:
        return Question.objects.select_related("venue", "resource").order_by("venue_id", "position", "id")

    def draft(self, data: dict[str, Any], venue: Venue, row: Question | None) -> Draft:
        choices = data.pop("choices", None)
        return Draft(data if choices is None else data | {"choices": "\n".join(choices)})
