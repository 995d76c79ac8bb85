from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.models.pay import PayRate
from classes.querysets import FacilitatorQuerySet
from common.names import check_name
from resources.models import Resource, Venue


class Facilitator(models.Model):
    """Somebody who leads sessions at a venue, once they are approved."""

    id = models.BigAutoField(primary_key=True)
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, db_index=False, related_name="facilitators", verbose_name=_("venue")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="facilitator_profiles",
        verbose_name=_("account"),
    )
    resource = models.OneToOneField(
        Resource,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="facilitator",
        help_text="Their time; made once they are approved.",
    )
    name = models.CharField(_("name"), max_length=200, validators=[check_name])
    bio = models.TextField(_("about"), blank=True, max_length=5000)
    specialization = models.CharField(
        _("specialization"), max_length=200, blank=True, validators=[check_name]
    )
    photo = models.ImageField(_("photo"), upload_to="facilitators/", blank=True)
    is_public = models.BooleanField(
        _("shown to everyone"), default=True, help_text=_("On the timetable and with their sessions.")
    )
    pay_rate = models.ForeignKey(
        PayRate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="facilitators",
        verbose_name=_("pay rate"),
    )
    default_place = models.ForeignKey(
        "Studio",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("usual studio"),
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"))

    objects = FacilitatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("facilitator")
        verbose_name_plural = _("facilitators")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("venue", "user"), name="facilitator_once_per_venue"),
            models.CheckConstraint(
                condition=models.Q(approved_at=None) | models.Q(resource__isnull=False),
                name="facilitator_approved_has_time",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_approved(self) -> bool:
        return self.approved_at is not None
