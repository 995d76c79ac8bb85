from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from common.names import check_name
from lending.enums import CopyState
from lending.models.rules import LendingRules
from lending.querysets import QueueQuerySet
from resources.models import BelongsToVenue, Resource, ResourceGroup

Q_ = models.Q


def check_accessories(value: object) -> None:
    names = value if isinstance(value, list) else [0]
    if len(names) > 50 or not all(isinstance(name, str) and 0 < len(name) <= 100 for name in names):
        raise ValidationError(_("Enter up to 50 names, like ['Charger', 'Bag']."))


class Lendable(BelongsToVenue):
    """A resource that is lent."""

    resource = models.OneToOneField(
        Resource, on_delete=models.CASCADE, related_name="lendable", verbose_name=_("thing")
    )
    rules = models.ForeignKey(
        LendingRules, on_delete=models.PROTECT, related_name="lendables", verbose_name=_("lending rules")
    )
    accessories = models.JSONField(
        _("accessories"), default=list, blank=True, validators=[check_accessories], help_text=_("Names.")
    )
    value = models.DecimalField(
        _("value"),
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("In the venue's currency. For staff only."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("thing to lend")
        verbose_name_plural = _("things to lend")
        constraints = (
            models.CheckConstraint(
                condition=Q_(value=None) | Q_(value__gte=0), name="lendable_value_not_negative"
            ),
        )

    def __str__(self) -> str:
        return str(self.resource)

    def clean(self) -> None:
        super().clean()
        if self.resource_id and self.rules_id and self.resource.venue_id != self.rules.venue_id:
            raise ValidationError({"rules": _("Choose one of the same venue.")})


class Copy(BelongsToVenue):
    """One piece of a thing. While there are any, the thing has as many units as are in service."""

    resource = models.ForeignKey(
        Resource, on_delete=models.CASCADE, related_name="copies", verbose_name=_("thing")
    )
    code = models.CharField(_("code"), max_length=50, validators=[check_name], help_text=_("For scanning."))
    name = models.CharField(_("name"), max_length=100, blank=True, validators=[check_name])
    state = models.CharField(
        _("state"), max_length=10, choices=CopyState.choices, default=CopyState.IN_SERVICE
    )
    note = models.CharField(_("note"), max_length=500, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("copy")
        verbose_name_plural = _("copies")
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=("venue", "code"), name="copy_code_once_per_venue"),
            models.CheckConstraint(condition=Q_(state__in=CopyState.values), name="copy_state_known"),
        )

    def __str__(self) -> str:
        return self.code


class Queue(BelongsToVenue):
    """Those who wait for a thing, or for any of a group; its row is locked by whoever serves it."""

    resource = models.OneToOneField(
        Resource, on_delete=models.CASCADE, null=True, blank=True, related_name="queue"
    )
    group = models.OneToOneField(
        ResourceGroup, on_delete=models.CASCADE, null=True, blank=True, related_name="queue"
    )
    look_at = models.DateTimeField(null=True, help_text="When time by itself may make something free.")
    config_stamp = models.BigIntegerField(default=0, help_text="The configuration of the last look.")

    objects = QueueQuerySet.as_manager()

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        constraints = (
            models.CheckConstraint(
                condition=Q_(resource__isnull=False, group__isnull=True)
                | Q_(resource__isnull=True, group__isnull=False),
                name="queue_of_resource_or_group",
            ),
        )

    def __str__(self) -> str:
        return str(self.resource or self.group)
