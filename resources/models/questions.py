from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from common.names import check_name, check_names
from resources.enums import AnswerKind
from resources.models.resource import Resource
from resources.models.venue import Venue


class Question(models.Model):
    """Asked when booking anything of the venue, or one resource alone."""

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="questions")
    resource = models.ForeignKey(
        Resource,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="questions",
        verbose_name=_("resource"),
        help_text=_("Leave empty to ask for all places of the venue."),
    )
    text = models.CharField(_("question"), max_length=300, validators=[check_name])
    kind = models.CharField(_("kind"), max_length=10, choices=AnswerKind.choices, default=AnswerKind.SHORT)
    choices = models.TextField(
        _("choices"), blank=True, validators=[check_names], help_text=_("One per line, for multiple choice.")
    )
    is_required = models.BooleanField(_("required"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("asked"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ("position", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=AnswerKind.values), name="question_kind_known"
            ),
        )

    def __str__(self) -> str:
        return self.text

    @property
    def choice_list(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.choices.splitlines() if line.strip())

    def clean(self) -> None:
        super().clean()
        if self.kind == AnswerKind.CHOICE and len(self.choice_list) < 2:
            raise ValidationError({"choices": _("Enter at least two, one per line.")})
        if self.resource is not None and self.venue_id and self.resource.venue_id != self.venue_id:
            raise ValidationError({"resource": _("Choose one of the same venue.")})
