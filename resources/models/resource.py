import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from common.names import check_name
from resources.enums import ChoiceRule, ResourceKind, UnitsBy
from resources.models.checks import resource_checks
from resources.models.rules import BookingRules, CancellationPolicy
from resources.models.venue import Venue
from resources.querysets import ResourceQuerySet

_COUNTED_BY_GUARD = ("version", "longest_span", "long_reaches")


class Feature(models.Model):
    """Something people look for: projector, sea view, step-free access."""

    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, db_index=False, related_name="features", verbose_name=_("venue")
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    slug = models.SlugField(_("slug"))

    class Meta:
        verbose_name = _("feature")
        verbose_name_plural = _("features")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("venue", "slug"), name="feature_once_per_venue"),)

    def __str__(self) -> str:
        return self.name


def sellable_units(units: int, overbooking_percent: int) -> int:
    return units * (100 + overbooking_percent) // 100


def holds_party(serves_party: bool | None, kind: str) -> bool:
    return kind != ResourceKind.EQUIPMENT if serves_party is None else serves_party


class Resource(models.Model):
    """Something bookable. One with parts (a hall of two courts) is booked by booking all its leaves."""

    uuid = models.UUIDField(_("identifier"), default=uuid.uuid4, unique=True, editable=False)
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, db_index=False, related_name="resources", verbose_name=_("venue")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ResourceKind.choices)
    name = models.CharField(_("name"), max_length=200, validators=[check_name])
    slug = models.SlugField(_("address in links"))
    description = models.TextField(_("description"), blank=True)
    capacity = models.PositiveIntegerField(
        _("capacity"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("Maximum number of people per booking."),
    )
    units = models.PositiveIntegerField(
        _("units"),
        default=1,
        help_text=_("How many bookings it takes at the same time. 1 is exclusive, 0 is none for now."),
    )
    units_by = models.CharField(
        _("a booking takes"), max_length=10, choices=UnitsBy.choices, default=UnitsBy.BOOKING
    )
    overbooking_percent = models.PositiveSmallIntegerField(
        _("overbooking"), default=0, help_text=_("Percentage of units you may sell on top.")
    )
    features = models.ManyToManyField(
        Feature, blank=True, related_name="resources", verbose_name=_("features")
    )
    hourly_rate = models.DecimalField(
        _("hourly rate"),
        max_digits=12,
        decimal_places=4,
        default=Decimal(0),
        help_text=_("In the venue's currency."),
    )
    photo = models.ImageField(_("photo"), upload_to="resources/", blank=True)
    photo_alt = models.CharField(_("photo description"), max_length=200, blank=True, validators=[check_name])
    is_active = models.BooleanField(_("bookable"), default=True)
    is_listed = models.BooleanField(
        _("listed"),
        default=True,
        help_text=_("Customers can find it in lists and searches and book it on its own."),
    )
    serves_party = models.BooleanField(
        _("must hold the whole group"),
        null=True,
        blank=True,
        default=None,
        help_text=_("Yes for a room, no for a projector in it. If unknown: yes, except for equipment."),
    )
    extension = models.CharField(
        max_length=30,
        blank=True,
        default="",
        editable=False,
        help_text="The product whose own rules bind every booking of it.",
    )
    observes_holidays = models.BooleanField(_("closed on public holidays"), default=True)
    rules = models.ForeignKey(
        BookingRules, on_delete=models.PROTECT, related_name="resources", verbose_name=_("booking rules")
    )
    cancellation_policy = models.ForeignKey(
        CancellationPolicy,
        on_delete=models.PROTECT,
        related_name="resources",
        null=True,
        blank=True,
        verbose_name=_("cancellation policy"),
        help_text=_("Leave empty for free cancellation until the start."),
    )
    parts = models.ManyToManyField(
        "self",
        through="ResourcePart",
        through_fields=("whole", "part"),
        symmetrical=False,
        related_name="wholes",
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="led_resources",
        verbose_name=_("account"),
        help_text=_("The person's account. Bookings with them appear in their calendar feed."),
    )
    position = models.PositiveIntegerField(_("position in lists"), default=0)
    version = models.BigIntegerField(
        _("version"), default=0, editable=False, help_text="Counts changes of occupancy (guard)."
    )
    longest_span = models.IntegerField(
        default=0,
        editable=False,
        help_text="Longest blocked span ever of two days at most, minutes (guard): bounds range scans.",
    )
    long_reaches = models.BigIntegerField(
        default=0,
        editable=False,
        help_text="Reaches of the longer spans there ever were, a bit each (guard).",
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = ResourceQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=list(_COUNTED_BY_GUARD))

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        ordering = ("position", "name", "id")
        constraints = (
            models.UniqueConstraint(fields=("venue", "slug"), name="resource_slug_once_per_venue"),
            models.CheckConstraint(condition=models.Q(capacity__gte=1), name="resource_capacity_positive"),
            models.CheckConstraint(condition=models.Q(units__gte=0), name="resource_units_not_negative"),
            models.CheckConstraint(
                condition=models.Q(overbooking_percent__lte=1000), name="resource_overbooking_sane"
            ),
            models.CheckConstraint(condition=models.Q(hourly_rate__gte=0), name="resource_rate_not_negative"),
            models.CheckConstraint(
                condition=models.Q(kind__in=ResourceKind.values), name="resource_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(units_by__in=UnitsBy.values), name="resource_units_by_known"
            ),
        )
        indexes = (models.Index(fields=("venue", "kind", "is_active"), name="resource_by_venue_kind"),)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        # The guard's own columns are left alone: what was read of them may be old by now.
        if not self._state.adding and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name not in _COUNTED_BY_GUARD
            ]
        super().save(*args, **kwargs)

    @property
    def holds_party(self) -> bool:
        return holds_party(self.serves_party, self.kind)

    @property
    def limit(self) -> int:
        """Units that may be sold at the same time, overbooking included; the guard's own formula."""
        return sellable_units(self.units, self.overbooking_percent)

    def clean(self) -> None:
        super().clean()
        check = resource_checks.get(self.extension) if self.extension and self.pk else None
        errors: dict[str, Any] = check(self) if check else {}
        for field in ("rules", "cancellation_policy"):
            other = getattr(self, field, None) if getattr(self, f"{field}_id") else None
            if other is not None and self.venue_id and other.venue_id != self.venue_id:
                errors[field] = _("Choose one of the same venue.")
        if errors:
            raise ValidationError(errors)


class ResourcePart(models.Model):
    """Parts may have parts; only leaves are ever allocated."""

    whole = models.ForeignKey(
        Resource, on_delete=models.CASCADE, db_index=False, related_name="part_links", verbose_name=_("whole")
    )
    part = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="whole_links", verbose_name=_("part")
    )

    class Meta:
        verbose_name = _("part")
        verbose_name_plural = _("parts")
        constraints = (
            models.UniqueConstraint(fields=("whole", "part"), name="part_once_per_whole"),
            models.CheckConstraint(condition=~models.Q(whole=models.F("part")), name="part_is_not_its_whole"),
        )

    def __str__(self) -> str:
        return f"{self.part} of {self.whole}"

    def clean(self) -> None:
        """Refuses cycles and parts from another venue (ValidationError)."""
        super().clean()
        if not (self.whole_id and self.part_id):  # a field error is shown already
            return
        if self.whole.venue_id != self.part.venue_id:
            raise ValidationError({"part": _("Choose one of the same venue.")})
        if self.whole_id == self.part_id or self.whole_id in descendant_ids(self.part_id):
            raise ValidationError({"part": _("A resource can't be part of itself.")})


def descendant_ids(resource_id: int) -> set[int]:
    """Ids of all direct and indirect parts."""
    part_ids: set[int] = set()
    frontier = {resource_id}
    while frontier:
        parts = ResourcePart.objects.filter(whole_id__in=frontier).values_list("part_id", flat=True)
        frontier = set(parts) - part_ids
        part_ids |= frontier
    return part_ids


class ResourceGroup(models.Model):
    """Resources that serve alike, so that a customer can book *any available* one."""

    uuid = models.UUIDField(_("identifier"), default=uuid.uuid4, unique=True, editable=False)
    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, db_index=False, related_name="groups", verbose_name=_("venue")
    )
    name = models.CharField(_("name"), max_length=200, validators=[check_name])
    slug = models.SlugField(_("address in links"))
    description = models.TextField(_("description"), blank=True)
    choice_rule = models.CharField(
        _("choice"), max_length=20, choices=ChoiceRule.choices, default=ChoiceRule.BEST_FIT
    )
    members = models.ManyToManyField(Resource, through="ResourceGroupMember", related_name="groups")
    is_active = models.BooleanField(_("bookable"), default=True)
    is_listed = models.BooleanField(
        _("listed"), default=True, help_text=_("Customers can find it in lists and searches.")
    )

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("venue", "slug"), name="group_slug_once_per_venue"),
            models.CheckConstraint(
                condition=models.Q(choice_rule__in=ChoiceRule.values), name="group_choice_rule_known"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ResourceGroupMember(models.Model):
    group = models.ForeignKey(
        ResourceGroup,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="member_links",
        verbose_name=_("group"),
    )
    resource = models.ForeignKey(
        Resource, on_delete=models.CASCADE, related_name="group_links", verbose_name=_("resource")
    )
    position = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("group member")
        verbose_name_plural = _("group members")
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("group", "resource"), name="group_member_once"),)

    def __str__(self) -> str:
        return f"{self.resource} in {self.group}"

    def clean(self) -> None:
        super().clean()
        if self.group_id and self.resource_id and self.group.venue_id != self.resource.venue_id:
            raise ValidationError({"resource": _("Choose one of the same venue.")})
